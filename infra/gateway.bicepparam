using 'gateway.bicep'

// All but the last are outputs of main.bicep.
param location = readEnvironmentVariable('AZURE_LOCATION')
param gatewayName = readEnvironmentVariable('GATEWAY_NAME')
param functionAppName = readEnvironmentVariable('FUNCTION_APP_NAME')
param functionAppUrl = readEnvironmentVariable('FUNCTION_APP_URL')
param applicationInsightsName = readEnvironmentVariable('APPLICATION_INSIGHTS_NAME')
param openIdConfiguration = readEnvironmentVariable('TOKEN_OPENID_CONFIGURATION')
param tokenIssuer = readEnvironmentVariable('JWT_ISSUER')
param tokenAudience = readEnvironmentVariable('JWT_AUDIENCE')
param frontendOrigin = readEnvironmentVariable('FRONTEND_ORIGIN')
param publisherEmail = readEnvironmentVariable('PUBLISHER_EMAIL')
param callsPerMinute = int(readEnvironmentVariable('CALLS_PER_MINUTE', '300'))
