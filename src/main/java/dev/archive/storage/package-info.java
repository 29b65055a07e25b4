/**
 * Bytes at rest. Knows the model and durable files, nothing of batches' state and nothing of HTTP.
 *
 * <p>Its one hard rule: under its final key an object is absent, or whole and durable; and finished
 * objects are never written again.
 */
package dev.archive.storage;
