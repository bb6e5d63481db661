// API Management before the functions: the API as docs/openapi.json describes it, under the two policies in policies/.
// Deployed after the code, for the host makes its keys only once it has started.
@description('Where, and with which names: the outputs of main.bicep.')
param location string = resourceGroup().location
param functionAppName string
param applicationInsightsName string
param openIdConfiguration string
param tokenIssuer string
param tokenAudience string

@description('The web frontend\'s origin, such as https://time.example.com.')
param frontendOrigin string

@description('Who hears of it when the service is about to change, and the name that its mails bear.')
param publisherEmail string
param publisherName string = 'Time tracker'

@description('How many requests a user may send within a minute.')
param callsPerMinute int = 300

var token = uniqueString(resourceGroup().id)
// The document has some 400,000 characters: loadTextContent takes 131,072 at most, loadJsonContent 1,048,576.
var document = string(loadJsonContent('../docs/openapi.json'))

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// Basic v2 is the cheapest that has rate-limit-by-key: Consumption has not.
resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: 'apim-time-tracker-${token}'
  location: location
  sku: { name: 'BasicV2', capacity: 1 }
  identity: { type: 'SystemAssigned' }
  properties: {
    publisherEmail: publisherEmail
    publisherName: publisherName
  }
}

var plainValues = {
  'openid-configuration': openIdConfiguration
  'token-issuer': tokenIssuer
  'token-audience': tokenAudience
  'frontend-origin': frontendOrigin
  'calls-per-minute': string(callsPerMinute)
}

resource values 'Microsoft.ApiManagement/service/namedValues@2024-05-01' = [
  for item in items(plainValues): {
    parent: service
    name: item.key
    properties: { displayName: item.key, value: item.value }
  }
]

resource functionKey 'Microsoft.ApiManagement/service/namedValues@2024-05-01' = {
  parent: service
  name: 'function-key'
  properties: {
    displayName: 'function-key'
    secret: true
    value: listKeys('${app.id}/host/default', app.apiVersion).functionKeys.default
  }
}

resource problem 'Microsoft.ApiManagement/service/policyFragments@2024-05-01' = {
  parent: service
  name: 'problem'
  properties: { format: 'xml', value: loadTextContent('policies/problem.xml') }
}

resource servicePolicy 'Microsoft.ApiManagement/service/policies@2024-05-01' = {
  parent: service
  name: 'policy'
  properties: { format: 'xml', value: loadTextContent('policies/service.xml') }
  dependsOn: [values, problem]
}

resource api 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'time-tracker'
  properties: {
    displayName: 'Time tracker'
    path: 'api'
    protocols: ['https']
    serviceUrl: 'https://${app.properties.defaultHostName}/api'
    // Callers are known by their tokens.
    subscriptionRequired: false
    format: 'openapi+json'
    value: document
    translateRequiredQueryParameters: 'query'
  }
}

resource apiPolicy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: api
  name: 'policy'
  properties: { format: 'xml', value: loadTextContent('policies/api.xml') }
  dependsOn: [values, functionKey, problem]
}

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, service.id, monitoringMetricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
    principalId: service.identity.principalId
    principalType: 'ServicePrincipal'
  }
}

resource logger 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'application-insights'
  properties: {
    loggerType: 'applicationInsights'
    resourceId: insights.id
    credentials: {
      connectionString: insights.properties.ConnectionString
      identityClientId: 'SystemAssigned'
    }
  }
  dependsOn: [publisher]
}

resource diagnostics 'Microsoft.ApiManagement/service/diagnostics@2024-05-01' = {
  parent: service
  name: 'applicationinsights'
  properties: {
    loggerId: logger.id
    alwaysLog: 'allErrors'
    httpCorrelationProtocol: 'W3C'
    sampling: { samplingType: 'fixed', percentage: 100 }
    // Neither headers nor bodies: they hold tokens, names and what people work on.
    frontend: { request: { headers: [], body: { bytes: 0 } }, response: { headers: [], body: { bytes: 0 } } }
    backend: { request: { headers: [], body: { bytes: 0 } }, response: { headers: [], body: { bytes: 0 } } }
  }
}

output API_URL string = '${service.properties.gatewayUrl}/api'
