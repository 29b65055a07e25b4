/**
 * Brings files of the plan into a batch: one file, many small ones as a bundle, middling ones as a
 * lot, a large one in parts. Sees {@code work}, {@code api}, {@code plan} and {@code state}.
 *
 * <p>Its one hard rule: how the sending of a file ended is a value, and only what ends the run is
 * thrown.
 *
 * <p>Its lock: {@code BundleSize} guards its own few fields, over no I/O.
 */
@NullMarked
package dev.archive.client.send;

import org.jspecify.annotations.NullMarked;
