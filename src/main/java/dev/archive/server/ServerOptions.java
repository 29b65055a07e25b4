package dev.archive.server;

import java.nio.file.Path;

/**
 * How a server is to run.
 *
 * @param root the directory of its state and bytes
 * @param host the address to listen on
 * @param port the port; 0 picks a free one
 * @param publicUrl what presigned URLs begin with, or null to begin them as the client's request
 *     did
 * @param version of the program, told by {@code GET /}
 */
public record ServerOptions(Path root, String host, int port, String publicUrl, String version) {}
