/**
 * What goes over the wire, said once for both sides: the JSON bodies as records, bundles of files
 * as tar streams, the route names and the capabilities. Knows the model alone, and is the only
 * package that knows Jackson.
 *
 * <p>Its one hard rule: unknown fields are ignored, known ones have the right type or the body is
 * refused.
 */
@NullMarked
package dev.archive.wire;

import org.jspecify.annotations.NullMarked;
