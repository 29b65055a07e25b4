package dev.archive.client.work;

import dev.archive.client.api.PlantedAbove;

/** Planted for {@code ArchitectureTest}: a room uses the one above it, which is not in order. */
public final class PlantedBelow {
  private PlantedBelow() {}

  /** Uses it. */
  public static Class<?> above() {
    return PlantedAbove.class;
  }
}
