// The identity that the functions run as. It is made first, so that its rights are there before the app asks for them.
@description('The identity\'s name.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Its resource id.')
output id string = identity.id

@description('Its client id, by which code asks for it.')
output clientId string = identity.properties.clientId

@description('Its object id, which roles are assigned to.')
output principalId string = identity.properties.principalId
