package dev.archive.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.LogicalPath;
import dev.archive.model.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;

/** The tar streams of our own make: read by others, and never read as something else. */
class OwnTarTest {
  private static final List<String> NAMES = names();

  private static List<String> names() {
    List<String> names =
        new ArrayList<>(List.of("a", "d/b.txt", "ä/\ud83d\ude00 =\\", "-rf *", "x=y"));
    // Around the lengths of a header's own field, and where a record's length gains a digit.
    for (int length : new int[] {87, 88, 89, 90, 91, 92, 99, 100, 101, 986, 987, 988, 989, 990}) {
      names.add("n".repeat(length));
      names.add("ü".repeat(length / 2) + "/" + length);
    }
    return names;
  }

  private static byte[] content(int i) {
    byte[] content = new byte[i == 0 ? 0 : i % 3 == 0 ? 512 * i : 100 * i + i];
    new Random(i).nextBytes(content);
    return content;
  }

  private static byte[] tar(List<String> names) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Bundle.Writer tar = new Bundle.Writer(out)) {
      for (int i = 0; i < names.size(); i++) {
        byte[] content = content(i);
        Sha256 sha256 = Sha256.of(content, content.length);
        tar.add(
            LogicalPath.parse("/" + names.get(i)), "text/plain", sha256, content, content.length);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  @Test
  void libraryReadsWhatIsWritten() throws IOException {
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new ByteArrayInputStream(tar(NAMES)), "UTF-8")) {
      for (int i = 0; i < NAMES.size(); i++) {
        TarArchiveEntry entry = in.getNextEntry();
        assertEquals(NAMES.get(i), entry.getName());
        assertTrue(entry.isFile());
        assertEquals(0644, entry.getMode());
        byte[] content = in.readNBytes((int) entry.getSize());
        assertArrayEquals(content(i), content);
        assertEquals(
            Sha256.of(content, content.length).hex(), entry.getExtraPaxHeader(OwnTar.SHA256));
      }
      assertNull(in.getNextEntry());
    }
  }

  @Test
  void readerReadsWhatIsWritten() throws IOException {
    Bundle.Reader in = new Bundle.Reader(new ByteArrayInputStream(tar(NAMES)));
    for (int i = 0; i < NAMES.size(); i++) {
      assertTrue(in.next());
      assertEquals("/" + NAMES.get(i), in.path().toString());
      assertEquals("text/plain", in.contentType());
      // Every third is left unread, as a file is that is refused.
      if (i % 3 != 2) {
        byte[] content = in.content().readAllBytes();
        assertArrayEquals(content(i), content);
        assertEquals(Sha256.of(content, content.length), in.sha256());
      }
    }
    assertFalse(in.next());
  }

  /**
   * What a reader made of a stream: the names, sizes, digests and bytes up to its first complaint.
   */
  private static List<String> read(byte[] tar) {
    List<String> read = new ArrayList<>();
    try {
      Bundle.Reader in = new Bundle.Reader(new ByteArrayInputStream(tar));
      while (in.next()) {
        String header = in.path() + " " + in.size() + " " + in.sha256();
        byte[] content = in.content().readAllBytes();
        read.add(header + " " + Sha256.of(content, content.length).equals(in.sha256()));
      }
      read.add("end");
    } catch (ArchiveException | IOException e) {
      read.add("refused");
    }
    return read;
  }

  @Test
  void streamThatIsCutOffIsRefusedWhereverThatIs() {
    byte[] tar = tar(List.of("a", "ö", "c"));
    List<String> whole = read(tar);
    for (int length = 0; length < tar.length - 512; length++) {
      List<String> read = read(Arrays.copyOf(tar, length));
      assertEquals("refused", read.get(read.size() - 1), "cut at " + length);
      assertEquals(whole.subList(0, read.size() - 1), read.subList(0, read.size() - 1));
    }
  }

  @Test
  void damageIsNeverReadAsAnotherFile() {
    byte[] tar = tar(List.of("a", "ö", "c"));
    List<String> whole = read(tar);
    for (int i = 0; i < tar.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = tar.clone();
        damaged[i] ^= (byte) (1 << bit);
        for (String file : read(damaged)) {
          boolean said = file.equals("refused") || file.endsWith("false");
          assertTrue(said || whole.contains(file), "bit " + bit + " of byte " + i + ": " + file);
        }
      }
    }
  }

  @Test
  void headersOfStrangersWithOurMarkAreRefused() {
    byte[] tar = tar(List.of("a"));
    for (String records :
        List.of(
            "",
            "9",
            "99999999999 path=x\n",
            "6 x=y\n",
            "7 x=y\n",
            "0 \n",
            "1\n",
            " path=a\n",
            "-9 path=a\n",
            "10 path=ab\n10 path=cd\n",
            "11 path=\u0000\u0000\u0000\u0000\n")) {
      byte[] strange = tar.clone();
      Arrays.fill(strange, 512, 1024, (byte) 0);
      byte[] bytes = (records + "20 ARCHIVE.sha256=x\n").getBytes(StandardCharsets.UTF_8);
      System.arraycopy(bytes, 0, strange, 512, bytes.length);
      byte[] length = String.format("%011o", bytes.length).getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(length, 0, strange, 124, length.length);
      assertEquals(List.of("refused"), read(strange), records);
    }
    byte[] endless = tar.clone();
    System.arraycopy("77777777777".getBytes(StandardCharsets.US_ASCII), 0, endless, 124, 11);
    assertEquals(List.of("refused"), read(endless));
    Bundle.Reader empty = new Bundle.Reader(new ByteArrayInputStream(new byte[0]));
    assertThrows(ArchiveException.class, empty::next);
  }

  /** A name alone makes no stream ours, nor does a pax header of that name. */
  @Test
  void tarOfStrangersMayHaveOurNames() throws IOException {
    for (boolean records : new boolean[] {false, true}) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out, "UTF-8")) {
        if (records) {
          TarArchiveEntry pax = new TarArchiveEntry("PaxHeaders.archive", (byte) 'x');
          put(tar, pax, "20 comment=stranger\n");
        }
        put(tar, new TarArchiveEntry("PaxHeaders.archive"), "one");
        put(tar, new TarArchiveEntry("d/PaxHeaders.archive"), "two");
      }
      Bundle.Reader in = new Bundle.Reader(new ByteArrayInputStream(out.toByteArray()));
      for (String[] file : new String[][] {{"/", "one"}, {"/d/", "two"}}) {
        assertTrue(in.next());
        assertEquals(file[0] + "PaxHeaders.archive", in.path().toString());
        assertEquals(file[1], new String(in.content().readAllBytes(), StandardCharsets.UTF_8));
      }
      assertFalse(in.next());
    }
  }

  private static void put(TarArchiveOutputStream tar, TarArchiveEntry entry, String content)
      throws IOException {
    entry.setSize(content.length());
    tar.putArchiveEntry(entry);
    tar.write(content.getBytes(StandardCharsets.UTF_8));
    tar.closeArchiveEntry();
  }
}
