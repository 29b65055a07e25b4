/**
 * Gets back what was archived: the list of a batch, proved by the digest over its manifest; its
 * files, each proved by the SHA-256 in that list while it is written; their places among what is in
 * the target already, where a file system may take two names for one ({@code Twins}). Sees {@code
 * plan} and below, durable files and bagit.
 *
 * <p>Its one hard rule: a file gets its name only when every byte of it is right and forced.
 */
package dev.archive.client.fetch;
