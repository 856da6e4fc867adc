"""Tells schemathesis that the body of a tus PATCH is bytes like any other."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
