package dev.archive.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.archive.cli.process.Context;
import dev.archive.cli.process.Output;
import dev.archive.cli.process.Settings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;

class OptionalFieldsTest {
  private final Set<String> nullable = new TreeSet<>();
  private final Set<String> marked = new TreeSet<>();

  /** picocli fills these fields, which NullAway cannot see. */
  @Test
  void optionsThatMayBeLeftOutAreNullable() {
    look(
        CommandLines.of(
            new Context(
                new Output(new ByteArrayOutputStream()),
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                new Settings(Map.of()),
                Clock.systemUTC())));
    assertTrue(nullable.size() > 40, nullable.toString());
    assertEquals(nullable, marked);
  }

  private void look(CommandLine command) {
    command.getCommandSpec().args().forEach(this::look);
    command.getSubcommands().values().forEach(this::look);
  }

  private void look(ArgSpec of) {
    if (!(of.userObject() instanceof Field field) || field.getType().isPrimitive()) {
      return;
    }
    String name = field.getDeclaringClass().getSimpleName() + "." + field.getName();
    if (!of.required() && of.defaultValue() == null && of.initialValue() == null) {
      nullable.add(name);
    }
    if (field.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
      marked.add(name);
    }
  }
}
