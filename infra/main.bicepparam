using 'main.bicep'

// azd and the deployment workflow put these into the environment; `docs/deploying.md` says what each is.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param identityProvider = readEnvironmentVariable('IDENTITY_PROVIDER')
param identityTenantId = readEnvironmentVariable('IDENTITY_TENANT_ID')
param identityTenantName = readEnvironmentVariable('IDENTITY_TENANT_NAME', '')
param identityPolicy = readEnvironmentVariable('IDENTITY_POLICY', '')
param tokenAudience = readEnvironmentVariable('TOKEN_AUDIENCE')
param usersEmailDomain = readEnvironmentVariable('USERS_EMAIL_DOMAIN', '')
param serverless = bool(readEnvironmentVariable('COSMOS_SERVERLESS', 'true'))
param alwaysReadyInstances = int(readEnvironmentVariable('ALWAYS_READY_INSTANCES', '0'))
param directory = {
  MS_ENDPOINT: readEnvironmentVariable('MS_ENDPOINT', '')
  MS_SCOPE: readEnvironmentVariable('MS_SCOPE', '')
  MS_CLIENT_ID: readEnvironmentVariable('MS_CLIENT_ID', '')
  MS_SECRET: readEnvironmentVariable('MS_SECRET', '')
  MS_AUTHORITY: readEnvironmentVariable('MS_AUTHORITY', '')
  MS_ROLE_ATTRIBUTE: readEnvironmentVariable('MS_ROLE_ATTRIBUTE', '')
}
