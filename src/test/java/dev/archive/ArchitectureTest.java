package dev.archive;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import dev.archive.client.api.PlantedAbove;
import dev.archive.client.work.PlantedBelow;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The order of the packages, and the few places where the process is touched. */
class ArchitectureTest {
  private static final JavaClasses CODE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.archive");

  /** Each package with those of ours that it may see: rooms of one floor stand in their order. */
  private static final Map<String, List<String>> SEES =
      Map.ofEntries(
          Map.entry("model", List.of()),
          Map.entry("durable", List.of()),
          Map.entry("wire", List.of("model")),
          Map.entry("source", List.of("model", "durable")),
          Map.entry("bagit", List.of("model")),
          Map.entry("storage", List.of("model", "durable")),
          Map.entry("ledger", List.of("model")),
          Map.entry("client.work", List.of("model")),
          Map.entry("client.api", List.of("model", "wire", "source", "client.work")),
          Map.entry(
              "client.plan",
              List.of("model", "wire", "source", "bagit", "client.work", "client.api")),
          Map.entry(
              "client.state",
              List.of("model", "durable", "wire", "source", "client.work", "client.plan")),
          Map.entry(
              "client.send",
              List.of("model", "wire", "source", "client.work", "client.api", "client.plan")),
          Map.entry(
              "client.run",
              List.of(
                  "model",
                  "durable",
                  "wire",
                  "source",
                  "client.work",
                  "client.api",
                  "client.plan",
                  "client.state",
                  "client.send")),
          Map.entry(
              "client.fetch",
              List.of(
                  "model", "durable", "wire", "bagit", "client.work", "client.api", "client.plan")),
          Map.entry("server.work", List.of("model", "durable")),
          Map.entry("server.bag", List.of("model", "wire", "bagit", "storage", "ledger")),
          Map.entry(
              "server.ingest",
              List.of("model", "durable", "wire", "bagit", "storage", "ledger", "server.bag")),
          Map.entry(
              "server.audit",
              List.of(
                  "model",
                  "durable",
                  "wire",
                  "bagit",
                  "storage",
                  "ledger",
                  "server.work",
                  "server.bag")),
          Map.entry(
              "server.notify",
              List.of("model", "durable", "wire", "storage", "ledger", "server.bag")),
          Map.entry(
              "server.http",
              List.of(
                  "model",
                  "durable",
                  "wire",
                  "storage",
                  "ledger",
                  "server.bag",
                  "server.ingest",
                  "server.audit")),
          Map.entry(
              "server",
              List.of(
                  "model",
                  "durable",
                  "bagit",
                  "storage",
                  "ledger",
                  "server.work",
                  "server.bag",
                  "server.ingest",
                  "server.audit",
                  "server.notify",
                  "server.http")),
          Map.entry(
              "cli.process",
              List.of("model", "durable", "wire", "source", "client.plan", "server.audit")),
          Map.entry(
              "cli.view",
              List.of(
                  "model",
                  "wire",
                  "source",
                  "client.work",
                  "client.state",
                  "server.audit",
                  "server",
                  "cli.process")),
          Map.entry(
              "cli.option",
              List.of(
                  "model",
                  "wire",
                  "source",
                  "client.api",
                  "client.state",
                  "client.run",
                  "server",
                  "cli.process")),
          Map.entry(
              "cli.command",
              List.of(
                  "model",
                  "durable",
                  "wire",
                  "source",
                  "client.work",
                  "client.api",
                  "client.plan",
                  "client.state",
                  "client.run",
                  "client.fetch",
                  "server.audit",
                  "server",
                  "cli.process",
                  "cli.view",
                  "cli.option")),
          Map.entry("cli", List.of("model", "server", "cli.process", "cli.command")));

  /** Each third-party library with the packages that may know it. */
  private static final Map<String, List<String>> KNOWN_BY =
      Map.of(
          "com.fasterxml..", List.of("wire"),
          "org.apache.commons..", List.of("wire"),
          "okhttp3..", List.of("client.api", "client.send"),
          "okio..", List.of("client.api", "client.work"),
          "org.eclipse.jetty..", List.of("server", "server.http"),
          "java.sql..", List.of("ledger"),
          "com.sun.jna..", List.of("durable"),
          "com.zaxxer..", List.of("ledger"),
          "picocli..", List.of("cli", "cli.command", "cli.option", "cli.process"),
          "org.jline..", List.of("cli.view", "cli.process"));

  /** The packages that NullAway does not check yet. */
  private static final Set<String> UNMARKED =
      Set.of(
          "ledger",
          "client.api",
          "client.run",
          "client.fetch",
          "server.ingest",
          "server.audit",
          "server.http",
          "cli.command");

  @Test
  void everyPackageIsInTheOrder() {
    // The packages above rooms hold their comment alone.
    classes()
        .that()
        .doNotHaveSimpleName("package-info")
        .should()
        .resideInAnyPackage(packages(SEES.keySet()))
        .check(CODE);
  }

  @Test
  void everyPackageSeesOnlyThoseBelowIt() {
    SEES.keySet().forEach(name -> seesOnlyThoseBelow(name).check(CODE));
  }

  @Test
  void packagesAreFreeOfCycles() {
    noCycles().check(CODE);
  }

  @Test
  void roomsThatSeeEachOtherAreNoticed() {
    JavaClasses planted =
        new ClassFileImporter().importClasses(PlantedBelow.class, PlantedAbove.class);
    String order = report(seesOnlyThoseBelow("client.work"), planted);
    assertTrue(order.contains(PlantedAbove.class.getName()), order);
    String cycle = report(noCycles(), planted);
    assertTrue(cycle.contains(PlantedBelow.class.getName()), cycle);
  }

  private static ArchRule seesOnlyThoseBelow(String name) {
    return noClasses()
        .that()
        .resideInAPackage("dev.archive." + name)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            packages(
                SEES.keySet().stream()
                    .filter(other -> !other.equals(name) && !SEES.get(name).contains(other))
                    .toList()));
  }

  private static ArchRule noCycles() {
    return slices().matching("dev.archive.(**)").should().beFreeOfCycles();
  }

  private static String[] packages(Collection<String> names) {
    return names.stream().map(name -> "dev.archive." + name).toArray(String[]::new);
  }

  private static String report(ArchRule rule, JavaClasses classes) {
    return rule.evaluate(classes).getFailureReport().toString();
  }

  @Test
  void everyLibraryIsKnownByFewPackages() {
    KNOWN_BY.forEach(
        (library, owners) ->
            noClasses()
                .that()
                .resideOutsideOfPackages(packages(owners))
                .should()
                .dependOnClassesThat(resideInAPackage(library))
                .check(CODE));
  }

  /** NullAway looks into no other: without this, a new package would go unchecked. */
  @Test
  void everyPackageSaysWhereNullIsMeant() {
    assertEquals(
        UNMARKED,
        SEES.keySet().stream()
            .filter(
                name -> !CODE.getPackage("dev.archive." + name).isAnnotatedWith(NullMarked.class))
            .collect(Collectors.toSet()));
  }

  @Test
  void theProcessIsTouchedInOnePlaceEach() {
    onlyIn(Set.of("dev.archive.cli.process.Settings"), System.class, "getenv");
    onlyIn(Set.of("dev.archive.cli.Main"), System.class, "exit");
    onlyIn(Set.of("dev.archive.client.work.Pause"), Thread.class, "sleep");
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
    standardOutputIsOnlyIn("dev.archive.cli.process.Output").check(CODE);
  }

  @Test
  void whatPrintsPastItIsNoticed() {
    JavaClasses planted =
        new ClassFileImporter()
            .importClasses(
                PrintsToSystemOut.class, PrintsToDescriptor.class, PrintsToConsole.class);
    String details =
        standardOutputIsOnlyIn("dev.archive.cli.process.Output")
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
                        "dev.archive.client.work.WorkPool",
                        "dev.archive.server.work.Workers",
                        "dev.archive.cli.command.ServeCommand")
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
