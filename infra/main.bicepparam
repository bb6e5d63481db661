using 'main.bicep'

// azd and the deployment workflow put these into the environment; `docs/deploying.md` says what each is.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param identityProvider = {
  kind: readEnvironmentVariable('IDENTITY_PROVIDER')
  tenantId: readEnvironmentVariable('IDENTITY_TENANT_ID')
  tenantName: readEnvironmentVariable('IDENTITY_TENANT_NAME', '')
  policy: readEnvironmentVariable('IDENTITY_POLICY', '')
}
param tokenAudience = readEnvironmentVariable('TOKEN_AUDIENCE')
param frontendOrigin = readEnvironmentVariable('FRONTEND_ORIGIN')
param publisherEmail = readEnvironmentVariable('PUBLISHER_EMAIL')
param usersEmailDomain = readEnvironmentVariable('USERS_EMAIL_DOMAIN', '')
param serverless = bool(readEnvironmentVariable('COSMOS_SERVERLESS', 'true'))
param maximumThroughput = int(readEnvironmentVariable('COSMOS_MAXIMUM_THROUGHPUT', '4000'))
param alwaysReadyInstances = int(readEnvironmentVariable('ALWAYS_READY_INSTANCES', '0'))
param monthlyBudget = int(readEnvironmentVariable('MONTHLY_BUDGET', '500'))
param deployerType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User')
param apiUrl = readEnvironmentVariable('API_URL', '')
param directory = {
  MS_ENDPOINT: readEnvironmentVariable('MS_ENDPOINT', '')
  MS_SCOPE: readEnvironmentVariable('MS_SCOPE', '')
  MS_CLIENT_ID: readEnvironmentVariable('MS_CLIENT_ID', '')
  MS_AUTHORITY: readEnvironmentVariable('MS_AUTHORITY', '')
  MS_ROLE_ATTRIBUTE: readEnvironmentVariable('MS_ROLE_ATTRIBUTE', '')
}
param directorySecret = readEnvironmentVariable('MS_SECRET', '')
