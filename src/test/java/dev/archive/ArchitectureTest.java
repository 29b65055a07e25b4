package dev.archive;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import org.junit.jupiter.api.Test;

/** The order of the packages, and the few places where the process is touched. */
class ArchitectureTest {
  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.archive");

  /** Each package with those of ours that it may see. */
  private static final Map<String, List<String>> SEES =
      Map.of(
          "model", List.of(),
          "durable", List.of(),
          "wire", List.of("model"),
          "source", List.of("model", "durable"),
          "bagit", List.of("model"),
          "storage", List.of("model", "durable"),
          "ledger", List.of("model"),
          "client", List.of("model", "wire", "source", "durable", "bagit"),
          "server", List.of("model", "wire", "durable", "storage", "ledger", "bagit"),
          "cli", List.of("model", "wire", "source", "durable", "bagit", "client", "server"));

  /** Each third-party library with the one package that may know it. */
  private static final Map<String, String> KNOWN_BY =
      Map.of(
          "com.fasterxml..", "wire",
          "org.apache.commons..", "wire",
          "okhttp3..", "client",
          "okio..", "client",
          "org.eclipse.jetty..", "server",
          "java.sql..", "ledger",
          "com.zaxxer..", "ledger",
          "picocli..", "cli",
          "me.tongfei..", "cli");

  @Test
  void everyPackageIsInTheOrder() {
    classes()
        .should()
        .resideInAnyPackage(
            SEES.keySet().stream().map(name -> "dev.archive." + name).toArray(String[]::new))
        .check(CODE);
  }

  @Test
  void everyPackageSeesOnlyThoseBelowIt() {
    SEES.forEach(
        (name, allowed) -> {
          String[] forbidden =
              SEES.keySet().stream()
                  .filter(other -> !other.equals(name) && !allowed.contains(other))
                  .map(other -> "dev.archive." + other)
                  .toArray(String[]::new);
          noClasses()
              .that()
              .resideInAPackage("dev.archive." + name)
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(forbidden)
              .check(CODE);
        });
  }

  @Test
  void packagesAreFreeOfCycles() {
    slices().matching("dev.archive.(*)..").should().beFreeOfCycles().check(CODE);
  }

  @Test
  void everyLibraryIsKnownByOnePackage() {
    KNOWN_BY.forEach(
        (library, owner) ->
            noClasses()
                .that()
                .resideOutsideOfPackage("dev.archive." + owner)
                .should()
                .dependOnClassesThat(resideInAPackage(library))
                .check(CODE));
  }

  @Test
  void theProcessIsTouchedInOnePlaceEach() {
    onlyIn(Set.of("dev.archive.cli.Settings"), System.class, "getenv");
    onlyIn(Set.of("dev.archive.cli.Main"), System.class, "exit");
    onlyIn(Set.of("dev.archive.client.Pause"), Thread.class, "sleep");
    onlyIn(Set.of(), System.class, "currentTimeMillis");
    onlyIn(Set.of(), Instant.class, "now");
    onlyIn(Set.of("dev.archive.cli.Main", "dev.archive.cli.Rehearsal"), Clock.class, "systemUTC");
  }

  /**
   * Results go through the class that checks every write and owns the exit code that stands with
   * them. Others would lose them in silence, as {@code PrintStream} does.
   */
  @Test
  void onlyOneClassWritesToStandardOutput() {
    standardOutputIsOnlyIn("dev.archive.cli.Output").check(CODE);
  }

  @Test
  void whatPrintsPastItIsNoticed() {
    JavaClasses planted =
        new ClassFileImporter()
            .importClasses(
                PrintsToSystemOut.class, PrintsToDescriptor.class, PrintsToConsole.class);
    String details =
        standardOutputIsOnlyIn("dev.archive.cli.Output")
            .evaluate(planted)
            .getFailureReport()
            .toString();
    for (Class<?> each :
        List.of(PrintsToSystemOut.class, PrintsToDescriptor.class, PrintsToConsole.class)) {
      assertTrue(details.contains(each.getName()), details);
    }
  }

  @Test
  void threadsAreMadeInOnePlaceOnEachSide() {
    DescribedPredicate<JavaClass> others =
        DescribedPredicate.describe(
            "classes other than the threads' owners",
            each ->
                !Set.of(
                        "dev.archive.client.WorkPool",
                        "dev.archive.server.Workers",
                        "dev.archive.cli.ServeCommand")
                    .contains(each.getName().replaceFirst("\\$.*", "")));
    noClasses()
        .that(others)
        .should()
        .callConstructor(Thread.class, Runnable.class)
        .orShould()
        .callConstructor(Thread.class, Runnable.class, String.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(ThreadPoolExecutor.class)
        .check(CODE);
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName(ExecutorService.class.getPackageName() + ".Executors")
        .check(CODE);
  }

  private static ArchRule standardOutputIsOnlyIn(String owner) {
    return noClasses()
        .that(
            DescribedPredicate.describe(
                "classes other than " + owner,
                each -> !each.getName().replaceFirst("\\$.*", "").equals(owner)))
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(FileDescriptor.class, "out")
        .orShould()
        .callMethod(System.class, "setOut", PrintStream.class)
        .orShould()
        .callMethod(System.class, "console")
        .allowEmptyShould(false);
  }

  private static void onlyIn(Set<String> places, Class<?> owner, String method) {
    noClasses()
        .that(
            DescribedPredicate.describe(
                "classes other than " + places, each -> !places.contains(each.getName())))
        .should()
        .callMethodWhere(
            DescribedPredicate.describe(
                owner.getSimpleName() + "." + method,
                call ->
                    call.getTargetOwner().isEquivalentTo(owner) && call.getName().equals(method)))
        .check(CODE);
  }

  /** Planted: prints as {@code main} of a tutorial does. */
  private static final class PrintsToSystemOut {
    static void print() {
      System.out.println("lost on a full disk, in silence");
    }
  }

  /** Planted: opens the descriptor for itself. */
  private static final class PrintsToDescriptor {
    static PrintStream stream() {
      return new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    }
  }

  /** Planted: the console is standard output as well. */
  private static final class PrintsToConsole {
    static void print() {
      System.console().printf("as well");
    }
  }
}
