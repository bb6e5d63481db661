// API Management before the functions: the API as gateway_api.json describes it, under the two policies in policies/.
// Deployed after the code: the host makes its keys only once it has started.
@description('The region.')
@minLength(1)
param location string = resourceGroup().location

@description('The name of the gateway.')
@minLength(1)
param gatewayName string

@description('The function app behind it.')
@minLength(1)
param functionAppName string

@description('The address of that app.')
@minLength(1)
param functionAppUrl string

@description('Where its logs go.')
@minLength(1)
param applicationInsightsName string

@description('Where the issuer of the tokens describes itself.')
@minLength(1)
param openIdConfiguration string

@description('The issuer of the tokens.')
@minLength(1)
param tokenIssuer string

@description('The audience of the tokens.')
@minLength(1)
param tokenAudience string

@description('The web frontend\'s origin, such as https://time.example.com.')
@minLength(1)
param frontendOrigin string

@description('Who is notified before the service changes.')
@minLength(1)
param publisherEmail string

@description('The name that its mails bear.')
param publisherName string = 'Time tracker'

@description('How many requests a user may send within a minute.')
@minValue(1)
param callsPerMinute int = 300

// The document has more characters than loadTextContent takes: 131,072 at most, where loadJsonContent takes 1,048,576.
var document = string(loadJsonContent('gateway_api.json'))

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionAppName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// Basic v2 is the cheapest that has rate-limit-by-key: Consumption has not.
resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: gatewayName
  location: location
  sku: { name: 'BasicV2', capacity: 1 }
  identity: { type: 'SystemAssigned' }
  properties: {
    publisherEmail: publisherEmail
    publisherName: publisherName
  }
}

var backendUrl = '${functionAppUrl}/api'
var plainValues = {
  'backend-url': backendUrl
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
    // Said again by the policy `set-backend-service`: docs/deploying.md tells why.
    serviceUrl: backendUrl
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

module publisher 'publisher.bicep' = {
  params: {
    insightsName: insights.name
    principalId: service.identity.principalId
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

@description('The API\'s address.')
output API_URL string = '${service.properties.gatewayUrl}/api'
