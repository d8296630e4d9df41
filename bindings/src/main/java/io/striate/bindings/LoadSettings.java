package io.striate.bindings;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where native libraries come from. Each setting is a system property, else an environment
 * variable, else the default:
 *
 * <ul>
 *   <li>{@code striate.library.path}, {@code STRIATE_LIBRARY_PATH}: a folder that holds {@code
 *       libstriate.so} and its like. They are opened in place and nothing is extracted or hashed:
 *       for development. A library that is missing there is unavailable, even if the class path has
 *       it.
 *   <li>{@code striate.cache}, {@code STRIATE_CACHE}: the folder to extract to, and the only one
 *       tried. Default: {@code $XDG_CACHE_HOME/striate} or {@code ~/.cache/striate}, then {@code
 *       striate-USER} in {@code java.io.tmpdir}.
 * </ul>
 *
 * @param libraryFolder the folder of the first setting, or null
 * @param cacheFolders folders to extract to, in order of preference
 * @param platform the folder of resources, as {@code linux-x86_64}
 * @param resources finds {@code io/striate/natives/PLATFORM/…}
 */
public record LoadSettings(
    @Nullable Path libraryFolder, List<Path> cacheFolders, String platform, ClassLoader resources) {

  public LoadSettings {
    cacheFolders = List.copyOf(cacheFolders);
  }

  /** The settings of this process. */
  public static LoadSettings current() {
    String library = setting("striate.library.path", "STRIATE_LIBRARY_PATH");
    return new LoadSettings(
        library == null ? null : Path.of(library).toAbsolutePath(),
        cacheFolders(setting("striate.cache", "STRIATE_CACHE")),
        Platform.current(),
        classLoader());
  }

  /** These settings with libraries taken from a folder. */
  public LoadSettings withLibraryFolder(Path folder) {
    return new LoadSettings(folder.toAbsolutePath(), cacheFolders, platform, resources);
  }

  /** These settings with one cache folder. */
  public LoadSettings withCacheFolders(List<Path> folders) {
    return new LoadSettings(libraryFolder, folders, platform, resources);
  }

  LoadSettings withPlatform(String other) {
    return new LoadSettings(libraryFolder, cacheFolders, other, resources);
  }

  LoadSettings withResources(ClassLoader other) {
    return new LoadSettings(libraryFolder, cacheFolders, platform, other);
  }

  private static List<Path> cacheFolders(@Nullable String wanted) {
    if (wanted != null) {
      return List.of(Path.of(wanted).toAbsolutePath());
    }
    List<Path> folders = new ArrayList<>();
    String xdg = System.getenv("XDG_CACHE_HOME");
    String home = System.getProperty("user.home");
    if (xdg != null && Path.of(xdg).isAbsolute()) { // The specification ignores relative ones.
      folders.add(Path.of(xdg, "striate"));
    } else if (home != null && Path.of(home).isAbsolute()) {
      folders.add(Path.of(home, ".cache", "striate"));
    }
    StringBuilder own = new StringBuilder("striate-");
    for (char c : System.getProperty("user.name", "user").toCharArray()) {
      boolean plain = c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-');
      own.append(plain ? c : '_');
    }
    folders.add(Path.of(System.getProperty("java.io.tmpdir"), own.toString()).toAbsolutePath());
    return folders;
  }

  private static @Nullable String setting(String property, String variable) {
    String value = System.getProperty(property);
    if (value == null || value.isBlank()) {
      value = System.getenv(variable);
    }
    return value == null || value.isBlank() ? null : value;
  }

  private static ClassLoader classLoader() {
    ClassLoader own = LoadSettings.class.getClassLoader();
    return own != null ? own : ClassLoader.getSystemClassLoader();
  }
}
