package dev.archive.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.archive.cli.CommandRun;
import dev.archive.testing.Schemas;
import dev.archive.testing.Trees;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * The receipt as JSON with a schema, as a page and as PREMIS 3. No artifact that is at hand carries
 * the schema of PREMIS: its structure is held here as the data dictionary has it.
 */
class ReceiptFormsTest {
  private static final String EVIL = "<script>alert('x')</script>&\"\uffff.tif";

  @TempDir Path directory;
  private Path tree;

  @BeforeEach
  void plant() throws IOException {
    tree = directory.resolve("tree");
    Trees.file(tree.resolve("box/a.tif"), "a");
    Trees.file(tree.resolve("box").resolve(EVIL.replace("/", "")), "evil");
    Trees.file(tree.resolve("b.tmp"), "b");
    Trees.file(tree.resolve("bad\tname"), "bad");
  }

  private CommandRun upload(String... options) {
    List<String> line = new ArrayList<>(List.of("upload", "--json", "--uploader", "A & <B>"));
    line.addAll(List.of("--exclude", "*.tmp", "--allow-skipped"));
    line.addAll(List.of(options));
    line.add(tree.toString());
    return CommandRun.in(directory.resolve("home"), line.toArray(String[]::new));
  }

  @Test
  void jsonHasLinesAndHoldsToItsSchema() throws IOException {
    Path file = directory.resolve("receipt.json");
    assertEquals(3, upload("--receipt", file.toString()).exit());
    String text = Files.readString(file);
    assertTrue(text.startsWith("{\"event\":\"receipt\",\"batch_id\":\""), text);
    assertTrue(text.lines().count() > 15 && text.endsWith("]}"), text);
    ObjectMapper json = new ObjectMapper();
    JsonNode receipt = json.readTree(text);
    try (InputStream in = getClass().getResourceAsStream("/schema/receipt.schema.json")) {
      JsonNode schema = json.readTree(in);
      Schemas.requireHeld(receipt, schema, "");
    }
    assertEquals("A & <B>", receipt.get("uploader").asText());
    assertEquals(tree.toString(), receipt.at("/sources_given/0").asText());
    assertEquals(3 + 1, receipt.at("/account/found/files").asInt());
    assertFalse(receipt.get("host").asText().isEmpty());
    // An earlier one of the new form is replaced.
    assertEquals(3, upload("--receipt", file.toString(), "--again").exit());
  }

  @Test
  void thePageEscapesAllThatIsForeignAndNeedsNothingElse() throws IOException {
    Path file = directory.resolve("receipt.html");
    CommandRun run = upload("--report", file.toString());
    String page = Files.readString(file);
    assertFalse(page.contains("<script"), page);
    assertTrue(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;script&gt;&amp;&quot;"), page);
    assertTrue(page.contains("A &amp; &lt;B&gt;"), page);
    assertFalse(page.contains("http:") || page.contains("https:"), "loads nothing: " + page);
    for (String each :
        List.of(
            run.receiptField("batch_id"),
            run.receiptField("manifest_sha256"),
            Trees.sha256(tree.resolve("box/a.tif")),
            "<svg",
            ".tif",
            "box/",
            "--exclude=*.tmp",
            "it has a control character",
            "@media print")) {
      assertTrue(page.contains(each), each + " in " + page);
    }
  }

  @Test
  void premisHasTheStructureOfTheDataDictionary() throws Exception {
    Path file = directory.resolve("receipt.xml");
    CommandRun run = upload("--premis", file.toString());
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    Element premis = factory.newDocumentBuilder().parse(file.toFile()).getDocumentElement();
    assertEquals("http://www.loc.gov/premis/v3", premis.getNamespaceURI());
    assertEquals("3.0", premis.getAttribute("version"));
    assertEquals(List.of("object", "object", "event", "agent", "agent"), children(premis));
    Element object = child(premis, 1);
    assertEquals(
        "file", object.getAttributeNS("http://www.w3.org/2001/XMLSchema-instance", "type"));
    assertEquals(
        List.of("objectIdentifier", "objectCharacteristics", "originalName"), children(object));
    assertEquals(List.of("fixity", "size", "format"), children(child(object, 1)));
    assertEquals(
        List.of("messageDigestAlgorithm", "messageDigest"), children(child(child(object, 1), 0)));
    assertEquals("box/a.tif", child(object, 2).getTextContent());
    Element event = child(premis, 2);
    assertEquals(
        List.of(
            "eventIdentifier",
            "eventType",
            "eventDateTime",
            "eventDetailInformation",
            "eventOutcomeInformation",
            "linkingAgentIdentifier",
            "linkingAgentIdentifier",
            "linkingObjectIdentifier",
            "linkingObjectIdentifier"),
        children(event));
    assertEquals(
        List.of("linkingAgentIdentifierType", "linkingAgentIdentifierValue", "linkingAgentRole"),
        children(child(event, 5)));
    assertTrue(
        child(event, 3).getTextContent().contains(run.receiptField("manifest_sha256")), run.out());
    assertEquals("partial", child(child(event, 4), 0).getTextContent());
    assertEquals(List.of("agentIdentifier", "agentName", "agentType"), children(child(premis, 3)));
    assertEquals("A & <B>", child(child(premis, 3), 1).getTextContent());
  }

  @Test
  void twoOutputsOfOneNameAreRefusedBeforeAnyWork() {
    String file = directory.resolve("out").toString();
    CommandRun run = upload("--premis", file, "--report", directory + "/./out");
    assertEquals(2, run.exit(), run.err());
    assertTrue(run.err().contains("is named for two outputs"), run.err());
    assertTrue(Files.notExists(Path.of(file)));
  }

  private static List<String> children(Element element) {
    List<String> names = new ArrayList<>();
    for (Node at = element.getFirstChild(); at != null; at = at.getNextSibling()) {
      if (at instanceof Element child) {
        names.add(child.getLocalName());
      }
    }
    return names;
  }

  private static Element child(Element element, int index) {
    List<Element> found = new ArrayList<>();
    for (Node at = element.getFirstChild(); at != null; at = at.getNextSibling()) {
      if (at instanceof Element child) {
        found.add(child);
      }
    }
    return found.get(index);
  }
}
