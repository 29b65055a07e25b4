/**
 * What is to be archived, in little memory, and how it compares with what a server holds. Sees
 * {@code work}, {@code api}, source, bagit and wire.
 *
 * <p>Its one hard rule: two files are the same only by size and SHA-256; where a server has no
 * digest, that is said.
 */
@NullMarked
package dev.archive.client.plan;

import org.jspecify.annotations.NullMarked;
