/**
 * The threads of the server. Sees the model and durable files.
 *
 * <p>Its one hard rule: beside those that Jetty makes for requests, the server's threads are made
 * here.
 */
@NullMarked
package dev.archive.server.work;

import org.jspecify.annotations.NullMarked;
