package dev.archive.client.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.model.ArchiveException;
import dev.archive.model.ErrorCode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import okhttp3.HttpUrl;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where bytes go is no step down from the server, however it is written. */
class UploadUrlsTest {
  private static final Map<String, String> NAMES =
      Map.of(
          "public.example", "203.0.113.5",
          "store.example", "203.0.113.6",
          "lan.example", "10.1.2.3",
          "here.example", "127.0.0.1",
          "meta.example", "169.254.169.254",
          "v6.example", "fd00::1",
          "2130706433", "127.0.0.1",
          "localhost", "127.0.0.1");

  @ParameterizedTest
  @CsvSource({
    "https://public.example, https://store.example/a?x=1, true",
    "https://public.example, https://public.example/a, true",
    "https://public.example, http://store.example/a, false",
    "https://public.example, http://public.example/a, false",
    "http://public.example, http://store.example/a, true",
    "http://public.example, https://store.example/a, true",
    "https://public.example, https://user:pw@store.example/a, false",
    "http://127.0.0.1:8787, http://user@127.0.0.1:8787/a, false",
    "https://public.example, file:///etc/passwd, false",
    "https://public.example, ftp://store.example/a, false",
    "https://public.example, not a url, false",
    "https://public.example, https://127.0.0.1/a, false",
    "https://public.example, https://0.0.0.0/a, false",
    "https://public.example, https://[::1]/a, false",
    "https://public.example, https://[::ffff:127.0.0.1]/a, false",
    "https://public.example, https://2130706433/a, false",
    "https://public.example, https://localhost/a, false",
    "https://public.example, https://10.0.0.7/a, false",
    "https://public.example, https://192.168.0.7/a, false",
    "https://public.example, https://100.64.0.7/a, false",
    "https://public.example, https://[fc00::7]/a, false",
    "https://public.example, https://[fe80::7]/a, false",
    "https://public.example, https://169.254.169.254/a, false",
    "https://public.example, https://lan.example/a, false",
    "https://public.example, https://here.example/a, false",
    "https://public.example, https://meta.example/a, false",
    "https://public.example, https://v6.example/a, false",
    "http://lan.example, http://10.0.0.7/a, true",
    "http://lan.example, http://lan.example/a, true",
    "http://10.1.2.3, http://192.168.3.4/a, true",
    "http://10.1.2.3, http://127.0.0.1/a, false",
    "http://10.1.2.3, http://169.254.169.254/a, false",
    "http://127.0.0.1:8787, http://127.0.0.1:9000/a, true",
    "http://127.0.0.1:8787, http://localhost:9000/a, true",
    "http://localhost:8787, http://172.17.0.2:9000/a, true",
    "http://[::1]:8787, http://127.0.0.1:9000/a, true",
  })
  void bytesGoOnlyWhereTheServerIsOfTheSameKind(String server, String url, boolean allowed) {
    if (allowed) {
      resolved(server, Set.of(), url);
    } else {
      ArchiveException refused =
          assertThrows(ArchiveException.class, () -> resolved(server, Set.of(), url));
      assertEquals(ErrorCode.UNSAFE_URL, refused.code());
      assertTrue(!refused.getMessage().contains("pw"), refused.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://store.example/a, store.example, true",
    "https://lan.example/a, lan.example, true",
    "https://10.0.0.7/a, 10.0.0.7, true",
    "https://10.0.0.8/a, 10.0.0.7, false",
    "https://user@lan.example/a, lan.example, false",
  })
  void aHostThatTheUserNamesIsAllowed(String url, String host, boolean allowed) {
    if (allowed) {
      resolved("https://public.example", Set.of(host), url);
    } else {
      assertThrows(
          ArchiveException.class, () -> resolved("https://public.example", Set.of(host), url));
    }
  }

  /** Checks the URL as it is named, and its host as it is resolved. */
  private static void resolved(String server, Set<String> allowed, String url) {
    UploadUrls urls = new UploadUrls(HttpUrl.get(server), allowed, UploadUrlsTest::addresses);
    try {
      lookup(urls, HttpUrl.get(server).host());
      lookup(urls, urls.check(url).host());
    } catch (UnknownHostException e) {
      if (UploadUrls.Refused.of(e) != null) {
        throw UploadUrls.Refused.of(e);
      }
      throw new AssertionError(e);
    }
  }

  private static void lookup(UploadUrls urls, String host) throws UnknownHostException {
    if (NAMES.containsKey(host)) {
      urls.lookup(host);
    }
  }

  private static List<InetAddress> addresses(String host) throws UnknownHostException {
    return List.of(InetAddress.getByName(NAMES.get(host)));
  }
}
