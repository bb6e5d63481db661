// Everything but the gateway: where functions run, what they keep, and who may reach it. `gateway.bicep` follows once the
// code is deployed. `docs/deploying.md` leads through both.
targetScope = 'subscription'

@description('A short name, such as prod: the resource group and everything in it are named after it.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('A region that has the Flex Consumption plan.')
param location string

@description('Who issues the users\' tokens.')
@allowed(['b2c', 'external-id', 'entra'])
param identityProvider string

@description('The directory\'s id, a UUID.')
param identityTenantId string

@description('The directory\'s name: contoso of contoso.onmicrosoft.com. Not needed for Entra ID.')
param identityTenantName string = ''

@description('Azure AD B2C\'s sign-in policy, such as B2C_1_signin.')
param identityPolicy string = ''

@description('The audience of the tokens: the client id of the app registration that stands for this API.')
param tokenAudience string

@description('Microsoft Graph, where the users are: the settings MS_… of docs/settings.md. With none of them there is no directory.')
@secure()
param directory object = {}

@description('The e-mail domain that the list of users is limited to; empty for everyone.')
param usersEmailDomain string = ''

@description('Pay by the request, or provision autoscaled throughput up to maximumThroughput.')
param serverless bool = true

@minValue(1000)
param maximumThroughput int = 4000

@description('Instances that never sleep: 1 spares the first caller of the morning a cold start, and costs something.')
param alwaysReadyInstances int = 0

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }

// The three differ in all their addresses. External ID writes the directory's id where its addresses have the name.
var addresses = {
  b2c: {
    authority: 'https://${identityTenantName}.b2clogin.com/${identityTenantName}.onmicrosoft.com/${identityPolicy}'
    issuer: 'https://${identityTenantName}.b2clogin.com/${identityTenantId}/v2.0/'
  }
  'external-id': {
    authority: 'https://${identityTenantName}.ciamlogin.com/${identityTenantId}'
    issuer: 'https://${identityTenantId}.ciamlogin.com/${identityTenantId}/v2.0'
  }
  entra: {
    authority: '${environment().authentication.loginEndpoint}${identityTenantId}'
    issuer: '${environment().authentication.loginEndpoint}${identityTenantId}/v2.0'
  }
}
var issuer = addresses[identityProvider].issuer
var openIdConfiguration = '${addresses[identityProvider].authority}/v2.0/.well-known/openid-configuration'
var keys = '${addresses[identityProvider].authority}/discovery/v2.0/keys'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
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
    appConfigurationEndpoint: flags.outputs.endpoint
    jwksUrl: keys
    tokenAudience: tokenAudience
    tokenIssuer: issuer
    directory: directory
    usersEmailDomain: usersEmailDomain
    alwaysReadyInstances: alwaysReadyInstances
  }
}

// What the next steps need: the migrations read the settings of this name, `gateway.bicepparam` the rest.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_LOCATION string = location
output FUNCTION_APP_NAME string = functions.outputs.name
output FUNCTION_APP_URL string = functions.outputs.url
output APPLICATION_INSIGHTS_NAME string = monitoring.outputs.insightsName
output TOKEN_OPENID_CONFIGURATION string = openIdConfiguration
output COSMOS_ENDPOINT string = database.outputs.endpoint
output COSMOS_DATABASE string = database.outputs.databaseName
output JWT_VERIFICATION string = 'jwks'
output JWT_JWKS_URL string = keys
output JWT_AUDIENCE string = tokenAudience
output JWT_ISSUER string = issuer
