// The function app, on the Flex Consumption plan, and its settings. It holds no secret: it reaches everything by identity.
param token string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string

@description('The blob container that deployments put the package into.')
param packagesUrl string
param insightsConnectionString string
param cosmosEndpoint string
param cosmosDatabase string
param appConfigurationEndpoint string
param jwksUrl string
param tokenAudience string
param tokenIssuer string

@secure()
param directory object
param usersEmailDomain string
param alwaysReadyInstances int

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
  // The backend checks every token itself, too: a function key alone opens nothing.
  JWT_VERIFICATION: 'jwks'
  JWT_JWKS_URL: jwksUrl
  JWT_AUDIENCE: tokenAudience
  JWT_ISSUER: tokenIssuer
  AZURE_APP_CONFIGURATION_ENDPOINT: appConfigurationEndpoint
  USERS_EMAIL_DOMAIN: usersEmailDomain
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-time-tracker-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
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
    properties: union(settings, directory)
  }

  // Deployments come with a token; the passwords of old are switched off.
  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
