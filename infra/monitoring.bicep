// Logs, traces and metrics: Application Insights over a Log Analytics workspace, written to by identity alone.
@description('What makes the names unique.')
param token string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

@description('The principal that may write.')
param publisherId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: 'log-time-tracker-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-time-tracker-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

module publisher 'publisher.bicep' = {
  params: {
    insightsName: insights.name
    principalId: publisherId
  }
}

@description('The name of Application Insights.')
output insightsName string = insights.name

@description('The name of the workspace behind it.')
output workspaceName string = workspace.name

@description('Where to write to. It is no secret: writing takes the role.')
output connectionString string = insights.properties.ConnectionString
