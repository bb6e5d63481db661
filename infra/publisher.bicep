// The right to write to Application Insights. A module of its own: the name of a role assignment has to depend on the principal,
// for one that is made anew gets a new id, and an assignment can't be changed; and a name may depend on a parameter, but not
// on what a resource of the same template turns out to be.
@description('The name of Application Insights.')
param insightsName string

@description('The principal that may write: a managed identity.')
param principalId string

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, monitoringMetricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
