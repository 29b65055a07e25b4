package dev.archive.client.state;

import dev.archive.model.Entry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The receipt as PREMIS 3.0: each file an object with its digest, size and name, the ingestion as
 * an event, the uploader and the program as agents.
 */
public final class ReceiptPremis {
  private static final String LOCAL = "local";

  private final ReceiptContent content;
  private final Writer out;

  private ReceiptPremis(ReceiptContent content, Writer out) {
    this.content = content;
    this.out = out;
  }

  /** Writes it. */
  public static void write(ReceiptContent content, OutputStream out) throws IOException {
    Writer writer = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    new ReceiptPremis(content, writer).write();
    writer.flush();
  }

  private void write() throws IOException {
    out.write(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- archive receipt of batch "
            + batch()
            + " -->\n<premis xmlns=\"http://www.loc.gov/premis/v3\""
            + " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
            + " xsi:schemaLocation=\"http://www.loc.gov/premis/v3"
            + " https://www.loc.gov/standards/premis/premis.xsd\" version=\"3.0\">\n");
    for (Entry entry : content.entries()) {
      object(entry);
    }
    event();
    agent("uploader", content.record().uploader(), "person", null);
    agent("program", content.record().program(), "software", content.record().host());
    out.write("</premis>\n");
  }

  private String batch() {
    return content.receipt().batchId().value();
  }

  private void object(Entry entry) throws IOException {
    out.write("<object xsi:type=\"file\">\n");
    identifier("object", batch() + entry.path());
    out.write(" <objectCharacteristics>\n");
    fixity(entry.digest().hex());
    out.write("  <size>" + entry.size() + "</size>\n");
    // What it is was not looked at: the data dictionary wants a name all the same.
    out.write("  <format><formatDesignation>");
    element("", "formatName", "unknown");
    out.write("</formatDesignation></format>\n </objectCharacteristics>\n");
    element(" ", "originalName", entry.path().relative());
    out.write("</object>\n");
  }

  private void fixity(String digest) throws IOException {
    out.write(
        "  <fixity><messageDigestAlgorithm>SHA-256</messageDigestAlgorithm><messageDigest>"
            + digest
            + "</messageDigest></fixity>\n");
  }

  private void event() throws IOException {
    out.write("<event>\n");
    identifier("event", batch() + "#ingestion");
    element(" ", "eventType", "ingestion");
    element(" ", "eventDateTime", time());
    out.write(" <eventDetailInformation>\n");
    element(
        "  ",
        "eventDetail",
        "batch "
            + batch()
            + " on "
            + content.receipt().server()
            + ", manifest sha256 "
            + content.receipt().manifestSha256().hex());
    out.write(" </eventDetailInformation>\n <eventOutcomeInformation>\n");
    boolean whole = content.skipped().isEmpty() && content.outdated().isEmpty();
    element("  ", "eventOutcome", whole ? "success" : "partial");
    out.write("  <eventOutcomeDetail>\n");
    element("   ", "eventOutcomeDetailNote", content.account().sentence());
    out.write("  </eventOutcomeDetail>\n </eventOutcomeInformation>\n");
    linking("Agent", "uploader", "implementer");
    linking("Agent", "program", "executing program");
    for (Entry entry : content.entries()) {
      linking("Object", batch() + entry.path(), null);
    }
    out.write("</event>\n");
  }

  /** Older journals do not know it: the batch was opened then, as its id says. */
  private String time() {
    String finished = content.record().finished();
    return finished == null ? opened().toString() : finished;
  }

  private Instant opened() {
    long millis = 0;
    for (char c : batch().substring(0, 10).toCharArray()) {
      millis = millis * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(c);
    }
    return Instant.ofEpochMilli(millis);
  }

  private void agent(String id, String name, String type, @Nullable String host)
      throws IOException {
    out.write("<agent>\n");
    identifier("agent", id);
    element(" ", "agentName", host == null ? name : name + " on " + host);
    element(" ", "agentType", type);
    out.write("</agent>\n");
  }

  private void identifier(String of, String value) throws IOException {
    out.write(" <" + of + "Identifier>\n");
    element("  ", of + "IdentifierType", LOCAL);
    element("  ", of + "IdentifierValue", value);
    out.write(" </" + of + "Identifier>\n");
  }

  private void linking(String to, String value, @Nullable String role) throws IOException {
    String name = "linking" + to + "Identifier";
    out.write(" <" + name + ">");
    element("", name + "Type", LOCAL);
    element("", name + "Value", value);
    if (role != null) {
      element("", "linking" + to + "Role", role);
    }
    out.write("</" + name + ">\n");
  }

  private void element(String indent, String name, String text) throws IOException {
    out.write(indent + "<" + name + ">" + Markup.text(text) + "</" + name + ">");
    out.write(indent.isEmpty() ? "" : "\n");
  }
}
