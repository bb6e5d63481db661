// The Cosmos DB account, its database and every container. An identity may read and write documents but not make
// containers, so the template makes them. They come from `containers.json`, which is written from the code.
@description('The account\'s name.')
param name string

@description('The region.')
param location string

@description('The tags.')
param tags { *: string }

@description('Pay by the request, or provision throughput.')
param serverless bool

@description('The request units a second that autoscaling goes up to, where throughput is provisioned.')
param maximumThroughput int

@description('The principals that may read and write documents: the function app, and who runs the migrations.')
param contributorIds string[]

var containers = loadJsonContent('containers.json')
var databaseName = 'time-tracker'
var dataContributor = '00000000-0000-0000-0000-000000000002'

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: serverless ? [{ name: 'EnableServerless' }] : []
    // Users see their own writes whichever instance answers: the SDK's shared client keeps no session.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: 'Continuous7Days' }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: { id: databaseName }
    options: serverless ? {} : { autoscaleSettings: { maxThroughput: maximumThroughput } }
  }
}

resource collections 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = [
  for container in containers: {
    parent: database
    name: container.id
    properties: { resource: container }
  }
]

// One after the other: the account takes no second change while one is under way.
@batchSize(1)
resource contributors 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = [
  for principalId in contributorIds: {
    parent: account
    name: guid(account.id, principalId, dataContributor)
    properties: {
      roleDefinitionId: '${account.id}/sqlRoleDefinitions/${dataContributor}'
      principalId: principalId
      scope: account.id
    }
    dependsOn: [collections]
  }
]

@description('The account\'s name.')
output name string = account.name

@description('The account\'s address.')
output endpoint string = account.properties.documentEndpoint

@description('The database\'s name.')
output databaseName string = databaseName
