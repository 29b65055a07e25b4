package dev.archive.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Sha256Test {
  private static final Sha256 EMPTY = Sha256.of(new byte[0]);
  private static final String EMPTY_CID =
      "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

  @Test
  void oneDigestIsWrittenInThreeForms() {
    assertEquals("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", EMPTY.hex());
    assertEquals(EMPTY_CID, EMPTY.cid());
    assertEquals("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", EMPTY.digestField());
  }

  @Test
  void everyFormIsReadBack() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      byte[] content = new byte[i];
      random.nextBytes(content);
      Sha256 digest = Sha256.of(content);
      assertEquals(digest, Sha256.parse(digest.hex()));
      assertEquals(digest, Sha256.parse(digest.hex().toUpperCase(Locale.ROOT)));
      assertEquals(digest, Sha256.parseCid(digest.cid()));
      assertEquals(digest, Sha256.parseDigestField(digest.digestField()));
    }
  }

  @Test
  void changedCharacterOfACidIsAnotherDigestOrNone() {
    for (int i = 0; i < EMPTY_CID.length(); i++) {
      for (char c : "abz27180QA=".toCharArray()) {
        String changed = EMPTY_CID.substring(0, i) + c + EMPTY_CID.substring(i + 1);
        if (!changed.equals(EMPTY_CID)) {
          try {
            assertEquals(changed, Sha256.parseCid(changed).cid());
          } catch (ArchiveException e) {
            assertEquals(ErrorCode.INVALID_REQUEST, e.code());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sha-512=:AAAA:", "md5=:AAAA:", "SHA-256=:AAAA:"})
  void reprDigestWithoutSha256IsNone(String header) {
    assertNull(Sha256.parseDigestField(header));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:;a=1;b",
        "md5=:AA==:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:,"
            + "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
      })
  void reprDigestMayHaveParametersAndOtherMembers(String header) {
    assertEquals(Sha256.of(new byte[0]), Sha256.parseDigestField(header));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha-256=",
        "sha-256=::",
        "sha-256=:AAAA:",
        "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF!=:",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA:",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSug==:",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:,"
            + "sha-256=:57DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
      })
  void malformedReprDigestIsRefused(String header) {
    assertThrows(ArchiveException.class, () -> Sha256.parseDigestField(header));
  }

  @Test
  void digestOfTextIsThatOfItsBytes() {
    assertEquals(
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        Sha256.of("hello".getBytes(UTF_8)).hex());
  }
}
