package dev.archive.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A real file system of a few megabytes, which can be filled and broken. Needs root. */
public final class SmallDisk implements AutoCloseable {
  private final Path mount;
  private final List<String> mounting;

  private SmallDisk(Path mount, List<String> mounting) throws IOException, InterruptedException {
    this.mount = Files.createDirectories(mount);
    this.mounting = mounting;
    mount();
  }

  /** In memory: full to the byte when it is full. */
  static SmallDisk inMemory(Path mount, int mebibytes) throws IOException, InterruptedException {
    return new SmallDisk(
        mount,
        List.of(
            "mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", mount.toString()));
  }

  /** An ext4 in a file, which turns read-only at an error. */
  public static SmallDisk ext4(Path mount, int mebibytes) throws IOException, InterruptedException {
    Path image = mount.resolveSibling(mount.getFileName() + ".image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength((long) mebibytes << 20);
    }
    assumed("mkfs.ext4", "-q", "-F", image.toString());
    return new SmallDisk(
        mount,
        List.of("mount", "-o", "loop,errors=remount-ro", image.toString(), mount.toString()));
  }

  Path root() {
    return mount.resolve("root");
  }

  private void mount() throws IOException, InterruptedException {
    assumed(mounting.toArray(String[]::new));
  }

  /** Takes all but so many bytes; less is left where others write at the same time. */
  void fill(long left) throws IOException {
    try (RandomAccessFile ballast = new RandomAccessFile(ballast().toFile(), "rw")) {
      byte[] block = new byte[1 << 12];
      ballast.seek(ballast.length());
      for (long more = mount.toFile().getUsableSpace() - left; more > 0; more -= block.length) {
        ballast.write(block);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  /** Gives it back. */
  void empty() throws IOException {
    Files.deleteIfExists(ballast());
  }

  private Path ballast() {
    return mount.resolve("ballast");
  }

  /** As when the kernel finds the file system damaged. */
  void turnReadOnly() throws IOException, InterruptedException {
    String device = output("findmnt", "-n", "-o", "SOURCE", mount.toString());
    Path trigger = Path.of("/sys/fs/ext4", device.replaceFirst("^/dev/", ""), "trigger_fs_error");
    assumeTrue(Files.isWritable(trigger), "the kernel lets no error be made here: " + trigger);
    Files.writeString(trigger, "made by a test");
  }

  /** As when its cable is pulled: all that was not forced to it is gone, and nothing works. */
  void die() throws IOException, InterruptedException {
    assumed(
        "perl",
        "-e",
        "my $how = pack('I', 2); open(my $d, '<', $ARGV[0]) or die; ioctl($d, 0x8004587D, $how) or"
            + " die",
        mount.toString());
  }

  /** Takes it out and puts it in again; nobody may use it. */
  void replug() throws IOException, InterruptedException {
    assertEquals("", output("umount", mount.toString()));
    mount();
  }

  /**
   * Takes it out and puts it in again, where another device number is the next one that is free.
   */
  public void moveToAnotherDevice() throws IOException, InterruptedException {
    assertEquals("", output("umount", mount.toString()));
    Path other = Files.write(mount.resolveSibling("other.image"), new byte[1 << 20]);
    String taken = output("losetup", "--find", "--show", other.toString());
    try {
      mount();
    } finally {
      output("losetup", "--detach", taken);
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    output("umount", "--lazy", mount.toString());
  }

  /** Skips the test where a tool or the right is missing. */
  private static void assumed(String... command) throws IOException, InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = text(process);
      assumeTrue(process.waitFor() == 0, () -> Arrays.toString(command) + ": " + output);
    } catch (IOException e) {
      assumeTrue(false, e.toString());
    }
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(new ArrayList<>(List.of(command))).redirectErrorStream(true).start();
    String output = text(process);
    process.waitFor();
    return output;
  }

  private static String text(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
