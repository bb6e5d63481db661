// What the Functions host keeps: the deployed package, its keys and its locks. None of the application's data.
@description('The account\'s name.')
@maxLength(24)
param name string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

@description('The principal of the function app.')
param ownerId string

var packages = 'packages'
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = {
      name: packages
    }
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [storageBlobDataOwner, storageTableDataContributor]: {
    name: guid(account.id, ownerId, role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: ownerId
      principalType: 'ServicePrincipal'
    }
  }
]

@description('The account\'s name.')
output name string = account.name

@description('The blob container that deployments put the package into.')
output packagesUrl string = '${account.properties.primaryEndpoints.blob}${packages}'
