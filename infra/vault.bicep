// The app's secrets: that of the app that calls Graph in a directory that is not the subscription's, and the key that
// protects what the app itself keeps secret. They lie in a vault, and the app's settings only refer to them, so that those
// who may read settings do not read them.
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

@description('Random text for the key, of which each deployment has another; the first one counts.')
@secure()
param random string = '${newGuid()}${newGuid()}'

var secretName = 'graph-client'
// Base64 of at least 32 bytes, as the code wants it.
var newKey = base64(random)
var keyVaultSecretsUser = '4633458b-17de-408a-b875-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    // What is lost with the vault can be made anew: docs/operations.md says what follows.
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

// Made once. From then on it is changed in the vault: docs/operations.md says how.
@onlyIfNotExists()
resource currentKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'secrets-key'
  properties: { value: newKey }
}

// The same, until the key is changed for the first time: a reference to a secret that is not there would be no key.
@onlyIfNotExists()
resource previousKey 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: 'secrets-key-previous'
  properties: { value: newKey }
}

@description('The vault\'s name.')
output name string = vault.name

@description('Where the secret is, without its version: the newest counts.')
output graphSecretUri string = '${vault.properties.vaultUri}secrets/${secretName}'

@description('Where the current key is, without its version.')
output currentKeyUri string = '${vault.properties.vaultUri}secrets/${currentKey.name}'

@description('Where the previous key is, without its version.')
output previousKeyUri string = '${vault.properties.vaultUri}secrets/${previousKey.name}'
