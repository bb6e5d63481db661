// Who is told when something breaks, and what it costs. `docs/operations.md` says what each alert means and what to do.
@description('What makes the names unique.')
param token string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

@description('Who is told.')
param email string

@description('The workspace behind Application Insights.')
param workspaceName string

@description('The database account.')
param cosmosName string

@description('The store of the feature flags.')
param storeName string

@description('The vault.')
param vaultName string

@description('What a month may cost before somebody is told; 0 for no budget.')
param monthlyBudget int

@description('The first day of the month in which the budget begins.')
param budgetStart string = utcNow('yyyy-MM-01')

// Each query answers with a row where something is wrong, and with none where nothing is. What the Functions host writes of
// an execution that is no HTTP request has the result code 0.
var rules = [
  {
    name: 'errors'
    summary: 'More than 2 % of the answers of a quarter of an hour were 5xx, and at least 5.'
    severity: 1
    query: '''
      AppRequests
      | extend status = toint(ResultCode)
      | where status between (100 .. 599)
      | summarize answers = sum(ItemCount), failures = sumif(ItemCount, status >= 500)
      | where failures >= 5 and failures * 100 > answers * 2
    '''
  }
  {
    name: 'feed-stands-still'
    summary: 'At least 3 writes are older than 10 minutes, and the change feed has delivered nothing since.'
    severity: 1
    // A write that repeats another one's Idempotency-Key is answered without an event: hence 3.
    query: '''
      let delivered = toscalar(AppRequests
          | where Name startswith 'change_feed_' and Success
          | summarize max(TimeGenerated));
      AppRequests
      | where Name startswith 'http_' and ResultCode startswith '2'
      | where tostring(Properties.HttpMethod) in ('POST', 'PUT', 'DELETE')
      | where TimeGenerated < ago(10m) and TimeGenerated > coalesce(delivered, datetime(2000-01-01))
      | summarize writes = count()
      | where writes >= 3
    '''
  }
  {
    name: 'feed-fails'
    summary: 'The change feed of a container failed 5 times within a quarter of an hour, and not once went through.'
    severity: 1
    query: '''
      AppRequests
      | where Name startswith 'change_feed_'
      | summarize failures = countif(not(Success)), successes = countif(Success) by Name
      | where failures >= 5 and successes == 0
    '''
  }
  {
    name: 'feed-lags'
    summary: 'Events reach the audit trail more than 5 minutes after they were written.'
    severity: 2
    query: '''
      AppTraces
      | where Message contains 'delivered late'
    '''
  }
  {
    name: 'dead-letters'
    summary: 'The change feed met a document that it could not take.'
    severity: 2
    query: '''
      AppTraces
      | where Message contains 'could not be taken'
    '''
  }
  {
    name: 'webhooks-stand-still'
    summary: 'The function that sends what webhooks are told has not gone through for a quarter of an hour.'
    severity: 1
    query: '''
      AppRequests
      | where Name == 'webhook_sender' and Success
      | summarize runs = count()
      | where runs == 0
    '''
  }
  {
    name: 'webhooks-lag'
    summary: 'A delivery to a webhook was sent more than 15 minutes after it was due.'
    severity: 2
    query: '''
      AppTraces
      | where Message contains 'webhook lags'
    '''
  }
  {
    name: 'webhooks-disabled'
    summary: 'A webhook was disabled, because its receiver is gone or has taken nothing for 5 days.'
    severity: 3
    query: '''
      AppTraces
      | where Message contains 'webhook disabled'
    '''
  }
  {
    name: 'forgotten-timers-stand-still'
    summary: 'The function that looks for forgotten timers has not gone through for a quarter of an hour.'
    severity: 2
    query: '''
      AppRequests
      | where Name == 'forgotten_timers' and Success
      | summarize runs = count()
      | where runs == 0
    '''
  }
  {
    name: 'timers'
    summary: 'A function that runs by the clock failed.'
    severity: 2
    query: '''
      AppRequests
      | where ResultCode == '0' and not(Success) and Name !startswith 'change_feed_'
      | summarize failures = count() by Name
    '''
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource cosmos 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' existing = {
  name: cosmosName
}

resource store 'Microsoft.AppConfiguration/configurationStores@2024-06-01' existing = {
  name: storeName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-time-tracker-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'timetracker'
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'time-tracker-${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Time tracker: ${rule.name}'
      description: rule.summary
      severity: rule.severity
      enabled: true
      scopes: [workspace.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      // The change feed may stand still for longer than a window: it is asked about the last 6 hours.
      overrideQueryTimeRange: rule.name == 'feed-stands-still' ? 'PT6H' : null
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      // The tables of a workspace that is just being made are not there yet.
      skipQueryValidation: true
      autoMitigate: true
      actions: { actionGroups: [people.id] }
    }
  }
]

resource throttling 'Microsoft.Insights/metricAlerts@2026-01-01' = {
  name: 'time-tracker-throttling-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The database refused more than 20 requests of a quarter of an hour because there were too many.'
    severity: 2
    enabled: true
    scopes: [cosmos.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.DocumentDB/databaseAccounts'
          metricName: 'TotalRequests'
          dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 20
        }
      ]
    }
    autoMitigate: true
    actions: [{ actionGroupId: people.id }]
  }
}

// Who changed what, and who read the secret. Requests are not among it: those are in Application Insights. The one stable
// version of these settings is of 2016, and its settings may bear one name only; this preview is what the platform documents.
#disable-next-line use-recent-api-versions
resource cosmosLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'control'
  scope: cosmos
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'ControlPlaneRequests', enabled: true }]
  }
}

#disable-next-line use-recent-api-versions
resource storeLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: store
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'Audit', enabled: true }]
  }
}

#disable-next-line use-recent-api-versions
resource vaultLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

// Made once: the day on which a budget begins can't be changed, and every month would bring another one.
@onlyIfNotExists()
resource budget 'Microsoft.Consumption/budgets@2026-06-01' = if (monthlyBudget > 0) {
  name: 'time-tracker-${token}'
  properties: {
    category: 'Cost'
    amount: monthlyBudget
    timeGrain: 'Monthly'
    timePeriod: { startDate: budgetStart }
    notifications: {
      spent: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [email]
        contactGroups: [people.id]
      }
      forecast: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [email]
        contactGroups: [people.id]
      }
    }
  }
}
