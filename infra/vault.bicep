// The one secret that the app may need: that of the app that calls Graph in a directory that is not the subscription's. It
// lies in a vault, and the app's settings only refer to it, so that those who may read settings do not read it.
@description('The vault\'s name.')
@maxLength(24)
param name string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

@description('The principal of the function app.')
param readerId string

@description('The secret; empty where there is none.')
@secure()
param graphSecret string

var secretName = 'graph-client'
var keyVaultSecretsUser = '4633458b-17de-408a-b875-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    // Whoever deploys has the secret, so that nothing is lost with the vault.
    softDeleteRetentionInDays: 7
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, readerId, keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    principalId: readerId
    principalType: 'ServicePrincipal'
  }
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(graphSecret)) {
  parent: vault
  name: secretName
  properties: { value: graphSecret }
}

@description('The vault\'s name.')
output name string = vault.name

@description('Where the secret is, without its version: the newest counts.')
output graphSecretUri string = '${vault.properties.vaultUri}secrets/${secretName}'
