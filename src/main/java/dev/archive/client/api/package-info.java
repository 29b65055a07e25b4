/**
 * The calls to a server: over HTTP, with retry, one at a time where the server needs that, and the
 * bodies that carry files. Sees {@code work}, source and wire.
 *
 * <p>Its one hard rule: every call goes through {@code IngestApi}, and what a server answers is
 * checked before anybody relies on it.
 *
 * <p>Its locks: {@code OneAtATimeIngestApi.turn} lets one call at a time change the state of a
 * batch, held over that call, which is its purpose; {@code HttpIngestApi.secure} makes the client
 * for TLS once, over reading the trusted certificates, which all who ask for it need; {@code
 * HeadTimeout} and {@code BufferedSockets} guard their own few fields, over no I/O.
 */
package dev.archive.client.api;
