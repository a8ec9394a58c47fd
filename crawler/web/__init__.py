"""The desk: dashboard, HTTP API and output feeds over one store; `app.create_app` puts them together."""
