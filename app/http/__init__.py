"""The HTTP face of Segue: who gets in, GraphQL over HTTP, GraphiQL, health, logs."""
