# The functions in a container, for those who run containers: the alternative to `make run` and to Flex Consumption.
# docs/deploying.md says what of it was run, and what was not.

# `docker build --target cli`: the command line, for migrations and demo data.
FROM python:3.13-slim AS cli
WORKDIR /app
COPY requirements.txt requirements-dev.txt ./
RUN pip install --no-cache-dir -r requirements-dev.txt
COPY cli.py host.json ./
COPY functions functions
COPY embedded_cosmos embedded_cosmos
COPY shared shared
COPY local local
COPY migrations migrations
COPY operations operations
USER nobody
ENTRYPOINT ["python", "cli.py"]

# The last stage is what `docker build` makes. It listens on port 80.
FROM mcr.microsoft.com/azure-functions/python:4-python3.13 AS functions
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    FUNCTIONS_WORKER_RUNTIME=python
COPY requirements.txt /
RUN pip install --no-cache-dir -r /requirements.txt
COPY function_app.py host.json /home/site/wwwroot/
COPY functions /home/site/wwwroot/functions
COPY shared /home/site/wwwroot/shared
