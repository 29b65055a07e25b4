package dev.archive.client.api;

import dev.archive.client.work.PlantedBelow;

/** Planted for {@code ArchitectureTest}: a room uses the one below it, which is in order. */
public final class PlantedAbove {
  private PlantedAbove() {}

  /** Uses it. */
  public static Class<?> below() {
    return PlantedBelow.class;
  }
}
