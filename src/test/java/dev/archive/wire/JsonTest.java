package dev.archive.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import dev.archive.wire.Messages.FileStatus;
import dev.archive.wire.Messages.InitRequest;
import dev.archive.wire.Messages.StartRequest;
import dev.archive.wire.Messages.StatusHead;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonTest {
  @Test
  void messageCutAfterAnyByteIsRefused() {
    byte[] whole =
        ("{\"uploader\":\"Käthe 😀\",\"root_path\":\"/\",\"file_count\":1,\"total_size\":1,"
                + "\"metadata\":{\"a\":[1,null,true]}}")
            .getBytes(UTF_8);
    assertEquals("Käthe 😀", Json.read(whole, InitRequest.class).uploader());
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(whole, length);
      assertRefused(cut, InitRequest.class);
    }
  }

  @Test
  void refusalSaysWhatAndWhereWithoutNamesOfClasses() {
    ArchiveException refused =
        assertRefused("{\"file_size\":\"x\"}".getBytes(UTF_8), StartRequest.class);
    assertTrue(refused.getMessage().contains("at character 13"), refused.getMessage());
    assertFalse(refused.getMessage().contains("dev.archive"), refused.getMessage());
    assertFalse(refused.getMessage().contains("java.lang"), refused.getMessage());
  }

  @Test
  void metadataIsHandedOnAsItCame() {
    String metadata = "{\"z\":1,\"a\":{\"list\":[true,null,\"é\"]},\"m\":1.5}";
    InitRequest request =
        Json.read(("{\"metadata\":" + metadata + "}").getBytes(UTF_8), InitRequest.class);
    assertEquals(metadata, request.metadata().text());
    assertEquals("{\"metadata\":" + metadata + "}", Json.text(request));
  }

  @Test
  void statusOfAnySizeIsWrittenAndReadAsAStream() throws IOException {
    StatusHead head =
        Json.read(
            "{\"batch_id\":\"b\",\"status\":\"uploading\",\"version\":7}".getBytes(UTF_8),
            StatusHead.class);
    FileStatus file = Json.read("{\"logical_path\":\"/a\"}".getBytes(UTF_8), FileStatus.class);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonObjectWriter writer = Json.writeObject(out, head, "files");
    for (int i = 0; i < 1000; i++) {
      writer.item(file);
    }
    writer.end("next", 9L);
    List<FileStatus> files = new ArrayList<>();
    StatusHead read =
        Json.readStatus(new ByteArrayInputStream(out.toByteArray()), 10_000, files::add);
    assertEquals(1000, files.size());
    assertEquals(file, files.get(999));
    assertEquals(7, read.version());
    assertEquals(9, read.next());
  }

  @Test
  void statusThatIsCutOrNoObjectIsABadAnswer() {
    for (String text :
        List.of(
            "",
            "[]",
            "{\"files\":[",
            "{\"files\":[{}]",
            "{\"files\":[]}x",
            "<html>",
            "{\"version\":\"x\"}")) {
      ArchiveException refused =
          assertThrows(
              ArchiveException.class,
              () -> Json.readStatus(new ByteArrayInputStream(text.getBytes(UTF_8)), 10, file -> {}),
              text);
      assertEquals(ErrorCode.BAD_ANSWER, refused.code());
    }
  }

  private static ArchiveException assertRefused(byte[] body, Class<?> type) {
    ArchiveException refused = assertThrows(ArchiveException.class, () -> Json.read(body, type));
    assertEquals(ErrorCode.INVALID_REQUEST, refused.code());
    return refused;
  }
}
