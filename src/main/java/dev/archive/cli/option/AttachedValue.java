package dev.archive.cli.option;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * For an option whose value may be left out: {@code --wait=10m} has one, {@code --wait DIR} has
 * none. Without this the next argument would be taken for the value.
 */
public final class AttachedValue implements IParameterPreprocessor {
  @Override
  @SuppressWarnings("JdkObsolete") // picocli's own type.
  public boolean preprocess(
      Stack<String> args, CommandSpec command, ArgSpec argument, Map<String, Object> info) {
    if ("=".equals(info.get("separator"))) {
      return false;
    }
    String fallback = ((OptionSpec) argument).fallbackValue();
    argument.setValue(new DurationOption().convert(fallback));
    return true;
  }
}
