package dev.archive;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
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

  @Test
  void threadsAreMadeInOnePlaceOnEachSide() {
    DescribedPredicate<JavaClass> others =
        DescribedPredicate.describe(
            "classes other than the threads' owners",
            each ->
                !Set.of(
                        "dev.archive.client.WorkPool",
                        "dev.archive.server.IngestServer",
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
}
