package dev.archive.cli.option;

import dev.archive.model.AddressRange;
import dev.archive.model.Text;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 10.0.0.0/8} or one address. */
public final class AddressRangeOption implements ITypeConverter<AddressRange> {
  @Override
  public AddressRange convert(String text) {
    AddressRange range = AddressRange.parse(text);
    if (range == null) {
      throw new TypeConversionException(
          "not an address or a range of them (such as 10.0.0.0/8, bits behind the prefix 0): "
              + Text.quote(text));
    }
    return range;
  }
}
