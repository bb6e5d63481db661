// Everything but the gateway: where functions run, what they keep, and who may reach it. `gateway.bicep` follows once the
// code is deployed. `docs/deploying.md` leads through both.
//
// What only the gateway uses is taken here as well, and handed on as an output: an environment that lacks it fails before
// anything is made, not after the code is out.
targetScope = 'subscription'

@description('A text that says something: a variable that is not set arrives as an empty one.')
@minLength(1)
type filled = string

@description('Azure AD B2C.')
type b2cProvider = {
  @description('Which provider this is.')
  kind: 'b2c'

  @description('The directory\'s id, a UUID.')
  tenantId: filled

  @description('The directory\'s name: contoso of contoso.onmicrosoft.com.')
  tenantName: filled

  @description('The sign-in policy, such as B2C_1_signin.')
  policy: filled
}

@description('Entra External ID.')
type externalIdProvider = {
  @description('Which provider this is.')
  kind: 'external-id'

  @description('The directory\'s id, a UUID.')
  tenantId: filled

  @description('The directory\'s name: contoso of contoso.onmicrosoft.com.')
  tenantName: filled

  @description('Not used.')
  policy: string
}

@description('Entra ID, the directory of an organisation.')
type entraProvider = {
  @description('Which provider this is.')
  kind: 'entra'

  @description('The directory\'s id, a UUID.')
  tenantId: filled

  @description('Not used.')
  tenantName: string

  @description('Not used.')
  policy: string
}

@description('Who issues the users\' tokens.')
@discriminator('kind')
type provider = b2cProvider | externalIdProvider | entraProvider

@description('Microsoft Graph, where the users are: the settings MS_… of docs/settings.md. All empty means no directory.')
type graph = {
  @description('Graph\'s address.')
  MS_ENDPOINT: string

  @description('The scope of the tokens for it.')
  MS_SCOPE: string

  @description('The app that calls Graph; empty for the managed identity.')
  MS_CLIENT_ID: string

  @description('Who gives that app its tokens.')
  MS_AUTHORITY: string

  @description('The users\' attribute that holds their role.')
  MS_ROLE_ATTRIBUTE: string
}

@description('A short name, such as prod: the resource group and everything in it are named after it.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('A region that has the Flex Consumption plan.')
@minLength(1)
param location string

@description('Who issues the users\' tokens.')
param identityProvider provider

@description('The audience of the tokens: the client id of the app registration of this API.')
@minLength(1)
param tokenAudience string

@description('The web frontend\'s origin, such as https://time.example.com.')
@minLength(1)
param frontendOrigin string

@description('Who is notified of alerts, of the budget, and of API Management\'s maintenance.')
@minLength(1)
param publisherEmail string

@description('Microsoft Graph, where the users are.')
param directory graph

@description('The secret of the app that calls Graph: MS_SECRET of docs/settings.md.')
@secure()
param directorySecret string = ''

@description('The e-mail domain that the list of users is limited to; empty for everyone.')
param usersEmailDomain string = ''

@description('Pay by the request, or provision autoscaled throughput up to maximumThroughput.')
param serverless bool = true

@description('The request units a second that autoscaling goes up to.')
@minValue(1000)
param maximumThroughput int = 4000

@description('Instances that never sleep: 1 spares the first caller of the morning a cold start, and costs something.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('What a month may cost, in the currency of the bill, before somebody is told; 0 for no budget.')
@minValue(0)
param monthlyBudget int = 500

@description('What the deployment runs as.')
@allowed(['User', 'ServicePrincipal'])
param deployerType string = 'User'

@description('The API\'s address under a domain of one\'s own; empty for API Management\'s.')
param apiUrl string = ''

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var gatewayName = 'apim-time-tracker-${token}'
var publicUrl = empty(apiUrl) ? 'https://${gatewayName}.azure-api.net/api' : apiUrl

// The three differ in all their addresses. External ID writes the directory's id where its addresses have the name.
var addresses = {
  b2c: {
    authority: 'https://${identityProvider.tenantName}.b2clogin.com/${identityProvider.tenantName}.onmicrosoft.com/${identityProvider.policy}'
    issuer: 'https://${identityProvider.tenantName}.b2clogin.com/${identityProvider.tenantId}/v2.0/'
  }
  'external-id': {
    authority: 'https://${identityProvider.tenantName}.ciamlogin.com/${identityProvider.tenantId}'
    issuer: 'https://${identityProvider.tenantId}.ciamlogin.com/${identityProvider.tenantId}/v2.0'
  }
  entra: {
    authority: '${environment().authentication.loginEndpoint}${identityProvider.tenantId}'
    issuer: '${environment().authentication.loginEndpoint}${identityProvider.tenantId}/v2.0'
  }
}
var issuer = addresses[identityProvider.kind].issuer
var openIdConfiguration = '${addresses[identityProvider.kind].authority}/v2.0/.well-known/openid-configuration'
var keys = '${addresses[identityProvider.kind].authority}/discovery/v2.0/keys'

// An app of one's own without its secret could read nobody: every call would be 503.
var isComplete = empty(directory.MS_CLIENT_ID) || !(empty(directorySecret) || empty(directory.MS_AUTHORITY))
var graphSettings = isComplete ? directory : fail('MS_CLIENT_ID needs MS_SECRET and MS_AUTHORITY as well.')

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-time-tracker-${environmentName}'
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  scope: group
  params: {
    name: 'id-time-tracker-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    publisherId: identity.outputs.principalId
  }
}

module storage 'storage.bicep' = {
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    ownerId: identity.outputs.principalId
  }
}

module database 'database.bicep' = {
  scope: group
  params: {
    name: 'cosmos-time-tracker-${token}'
    location: location
    tags: tags
    serverless: serverless
    maximumThroughput: maximumThroughput
    contributorIds: [identity.outputs.principalId, deployer().objectId]
  }
}

module flags 'flags.bicep' = {
  scope: group
  params: {
    name: 'appcs-time-tracker-${token}'
    location: location
    tags: tags
    readerId: identity.outputs.principalId
    ownerId: deployer().objectId
    ownerType: deployerType
  }
}

module vault 'vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    readerId: identity.outputs.principalId
    graphSecret: directorySecret
  }
}

module functions 'functions.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packagesUrl: storage.outputs.packagesUrl
    insightsConnectionString: monitoring.outputs.connectionString
    cosmosEndpoint: database.outputs.endpoint
    cosmosDatabase: database.outputs.databaseName
    // A container that is paid by the request serves 5,000 at most.
    cosmosThroughput: serverless ? 5000 : maximumThroughput
    appConfigurationEndpoint: flags.outputs.endpoint
    jwksUrl: keys
    tokenAudience: tokenAudience
    tokenIssuer: issuer
    directory: graphSettings
    graphSecretUri: vault.outputs.graphSecretUri
    currentKeyUri: vault.outputs.currentKeyUri
    previousKeyUri: vault.outputs.previousKeyUri
    usersEmailDomain: usersEmailDomain
    alwaysReadyInstances: alwaysReadyInstances
    apiUrl: publicUrl
  }
}

module alerts 'alerts.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    email: publisherEmail
    workspaceName: monitoring.outputs.workspaceName
    cosmosName: database.outputs.name
    storeName: flags.outputs.name
    vaultName: vault.outputs.name
    monthlyBudget: monthlyBudget
  }
}

// What the next steps need: the migrations read the settings of this name, `gateway.bicepparam` the rest.
@description('Where everything is.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The region.')
output AZURE_LOCATION string = location

@description('The function app, which the code is deployed to.')
output FUNCTION_APP_NAME string = functions.outputs.name

@description('Its address, which the gateway calls.')
output FUNCTION_APP_URL string = functions.outputs.url

@description('The name that the gateway gets.')
output GATEWAY_NAME string = gatewayName

@description('Where the gateway writes its logs.')
output APPLICATION_INSIGHTS_NAME string = monitoring.outputs.insightsName

@description('Where the issuer of the tokens describes itself.')
output TOKEN_OPENID_CONFIGURATION string = openIdConfiguration

@description('The web frontend\'s origin.')
output FRONTEND_ORIGIN string = frontendOrigin

@description('Who is notified of API Management\'s maintenance.')
output PUBLISHER_EMAIL string = publisherEmail

@description('The setting of this name.')
output COSMOS_ENDPOINT string = database.outputs.endpoint

@description('The setting of this name.')
output COSMOS_DATABASE string = database.outputs.databaseName

@description('The setting of this name.')
output JWT_VERIFICATION string = functions.outputs.tokenVerification

@description('The setting of this name.')
output JWT_JWKS_URL string = keys

@description('The setting of this name.')
output JWT_AUDIENCE string = tokenAudience

@description('The setting of this name.')
output JWT_ISSUER string = issuer
