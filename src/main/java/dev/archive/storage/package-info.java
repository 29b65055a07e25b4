/**
 * Bytes at rest. Knows the model and durable files, nothing of batches' state and nothing of HTTP.
 *
 * <p>Its one hard rule: under its final key an object is absent, or whole and durable; and finished
 * objects are never written again.
 *
 * <p>Parts of a large object are written at their places in one file, where their sender cuts it as
 * it was told. Parts of other sizes are files of their own, and are copied together when all sizes
 * are known.
 *
 * <p>Bytes arrive and get their names in directories that are held open, so that no link planted in
 * the place of one leads them elsewhere. Directories are made, tag files written and bytes read by
 * their paths all the same: whoever can write below the root is trusted, and the audit finds what
 * they did.
 */
package dev.archive.storage;
