package dev.archive.wire;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * A JSON object that the archive keeps and hands on as it came: an uploader's metadata or prompts.
 *
 * @param text the object, byte for byte as it was given; it may span several lines
 */
public record RawJson(@JsonValue @JsonRawValue String text) {}
