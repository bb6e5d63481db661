// App Configuration with the feature flags of the code. Once a flag is there, it belongs to those who switch it: a later
// deployment leaves it as it is.
@description('The store\'s name.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

@description('The principal of the function app.')
param readerId string

@description('The principal that deploys: with keys disabled, the template writes the flags as whoever runs it.')
param ownerId string

@description('What that principal is. Where the service is not told, it looks the principal up, and fails while a new one is not known everywhere.')
@allowed(['User', 'ServicePrincipal'])
param ownerType string

var featureFlags = loadJsonContent('feature_flags.json').feature_management.feature_flags
var appConfigurationDataReader = '516239f1-63e1-4d78-a4de-a74fb236a071'
var appConfigurationDataOwner = '5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b'

resource store 'Microsoft.AppConfiguration/configurationStores@2024-06-01' = {
  name: name
  location: location
  tags: tags
  // The free one answers 1,000 requests a day; an instance that reads its flags every half minute asks more.
  sku: { name: 'standard' }
  properties: {
    disableLocalAuth: true
    dataPlaneProxy: { authenticationMode: 'Pass-through', privateLinkDelegation: 'Disabled' }
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(store.id, readerId, appConfigurationDataReader)
  scope: store
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appConfigurationDataReader)
    principalId: readerId
    principalType: 'ServicePrincipal'
  }
}

resource owner 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(store.id, ownerId, appConfigurationDataOwner)
  scope: store
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', appConfigurationDataOwner)
    principalId: ownerId
    principalType: ownerType
  }
}

@onlyIfNotExists()
resource flags 'Microsoft.AppConfiguration/configurationStores/keyValues@2024-06-01' = [
  for flag in featureFlags: {
    parent: store
    name: '.appconfig.featureflag~2F${flag.id}'
    properties: {
      contentType: 'application/vnd.microsoft.appconfig.ff+json;charset=utf-8'
      value: string(flag)
    }
    dependsOn: [owner]
  }
]

@description('The store\'s name.')
output name string = store.name

@description('The store\'s address.')
output endpoint string = store.properties.endpoint
