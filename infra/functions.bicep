// The function app, on the Flex Consumption plan, and its settings. They hold no secret: the app reaches everything by its
// identity, and the secrets that it needs are in the vault.
@description('What makes the names unique.')
param token string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

@description('The resource id of the identity that the app runs as.')
param identityId string

@description('The client id of that identity.')
param identityClientId string

@description('The storage of the Functions host.')
param storageName string

@description('The blob container that deployments put the package into.')
param packagesUrl string

@description('Where logs go.')
param insightsConnectionString string

@description('The database account\'s address.')
param cosmosEndpoint string

@description('The database\'s name.')
param cosmosDatabase string

@description('The request units a second that the database serves at most.')
param cosmosThroughput int

@description('Where the feature flags are.')
param appConfigurationEndpoint string

@description('Where the issuer of the tokens publishes its keys.')
param jwksUrl string

@description('The audience of the tokens.')
param tokenAudience string

@description('The issuer of the tokens.')
param tokenIssuer string

@description('Microsoft Graph, where the users are: the settings MS_… of docs/settings.md, without the secret.')
param directory { *: string }

@description('Where the secret of the app that calls Graph is, if there is such an app.')
param graphSecretUri string

@description('Where the key is that protects secrets, cursors and calendar addresses.')
param currentKeyUri string

@description('Where the key before that one is.')
param previousKeyUri string

@description('The e-mail domain that the list of users is limited to; empty for everyone.')
param usersEmailDomain string

@description('Instances that never sleep.')
param alwaysReadyInstances int

@description('The address under which callers reach the API.')
param apiUrl string

var settings = {
  // Of the Functions host.
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Of the change feed trigger.
  COSMOS_CONNECTION__accountEndpoint: cosmosEndpoint
  COSMOS_CONNECTION__credential: 'managedidentity'
  COSMOS_CONNECTION__clientId: identityClientId
  // Of azure-identity: which identity is meant.
  AZURE_CLIENT_ID: identityClientId
  // Of the code: docs/settings.md.
  COSMOS_ENDPOINT: cosmosEndpoint
  COSMOS_DATABASE: cosmosDatabase
  COSMOS_THROUGHPUT: string(cosmosThroughput)
  // The backend checks every token itself, too: a function key alone opens nothing.
  JWT_VERIFICATION: 'jwks'
  JWT_JWKS_URL: jwksUrl
  JWT_AUDIENCE: tokenAudience
  JWT_ISSUER: tokenIssuer
  AZURE_APP_CONFIGURATION_ENDPOINT: appConfigurationEndpoint
  USERS_EMAIL_DOMAIN: usersEmailDomain
  API_URL: apiUrl
}
// Without a client id the managed identity calls Graph, and there is no secret to refer to.
var graphSecret = empty(directory.MS_CLIENT_ID) ? {} : { MS_SECRET: '@Microsoft.KeyVault(SecretUri=${graphSecretUri})' }
var secrets = {
  SECRETS_KEY: '@Microsoft.KeyVault(SecretUri=${currentKeyUri})'
  SECRETS_KEY_PREVIOUS: '@Microsoft.KeyVault(SecretUri=${previousKeyUri})'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-time-tracker-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: 'func-time-tracker-${token}'
  location: location
  // azd finds the service of azure.yaml by its tag.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packagesUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: 40
        alwaysReady: alwaysReadyInstances > 0 ? [{ name: 'http', instanceCount: alwaysReadyInstances }] : []
        // The functions are coroutines that wait for the database: many fit on one instance.
        triggers: { http: { perInstanceConcurrency: 32 } }
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(settings, directory, graphSecret, secrets)
  }

  // Deployments use a token; basic authentication is switched off.
  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

@description('The app\'s name.')
output name string = app.name

@description('The app\'s address.')
output url string = 'https://${app.properties.defaultHostName}'

@description('Who checks tokens: the setting JWT_VERIFICATION.')
output tokenVerification string = settings.JWT_VERIFICATION
