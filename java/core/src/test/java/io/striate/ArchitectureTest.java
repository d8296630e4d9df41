package io.striate;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.striate.base.Memory;
import io.striate.tensor.Shape;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The floors of the house: each package uses those below it only, and nobody's library. */
class ArchitectureTest {
  private static final JavaClasses CORE =
      new ClassFileImporter()
          .importUrl(Shape.class.getProtectionDomain().getCodeSource().getLocation());

  /** Floors from the ground up; packages on one floor do not know each other. */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of("io.striate"),
          List.of("io.striate.base"),
          List.of("io.striate.tensor"),
          List.of("io.striate.op"),
          List.of("io.striate.op.scalar", "io.striate.op.vector", "io.striate.op.ffm"),
          List.of("io.striate.graph"),
          List.of("io.striate.exec"),
          List.of("io.striate.serve"),
          List.of("io.striate.io"),
          List.of("io.striate.nn"),
          List.of("io.striate.zoo"),
          List.of("io.striate.train"),
          List.of("io.striate.image"),
          List.of("io.striate.data"));

  /** Modules of their own, below and above. */
  private static final String BINDINGS = "io.striate.bindings..";

  static List<String> packages() {
    return FLOORS.stream().flatMap(List::stream).filter(p -> !in(p).isEmpty()).toList();
  }

  private static Set<String> in(String name) {
    return CORE.stream()
        .filter(c -> c.getPackageName().equals(name))
        .map(c -> c.getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest
  @MethodSource("packages")
  void usesOnlyWhatIsBelow(String name) {
    List<String> others = new ArrayList<>();
    boolean above = false;
    for (List<String> floor : FLOORS) {
      above |= floor.contains(name);
      if (above) {
        floor.stream().filter(p -> !p.equals(name)).forEach(others::add);
      }
    }
    noClasses()
        .that()
        .resideInAPackage(name)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others.toArray(String[]::new))
        .allowEmptyShould(true)
        .check(CORE);
  }

  @Test
  void everyPackageHasAFloor() {
    Set<String> found =
        CORE.stream()
            .map(c -> c.getPackageName())
            .filter(p -> !p.startsWith("io.striate.bindings"))
            .collect(Collectors.toCollection(TreeSet::new));
    found.removeAll(packages());
    assertEquals(Set.of(), found, "packages without a floor");
    assertFalse(packages().isEmpty());
  }

  @Test
  void coreNeedsTheJdkTheBindingsAndItself() {
    classes()
        .that()
        .resideOutsideOfPackage(BINDINGS)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.striate..",
            "java..",
            "javax.imageio..",
            "jdk.incubator.vector..",
            "org.jspecify.annotations..")
        .check(CORE);
  }

  @Test
  void onlyTheNativeProvidersAndMemoryKnowTheBindings() {
    noClasses()
        .that()
        .resideOutsideOfPackages(BINDINGS, "io.striate.op.ffm..")
        .and()
        .areNotAssignableTo(Memory.class)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(BINDINGS)
        .check(CORE);
  }

  @Test
  void onlyTheVectorProviderKnowsTheVectorModule() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.striate.op.vector..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector..")
        .check(CORE);
  }

  @Test
  void onlyTheBindingsCallNativeCode() {
    noClasses()
        .that()
        .resideOutsideOfPackage(BINDINGS)
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Linker.class, SymbolLookup.class)
        .orShould()
        .callMethodWhere(JavaCall.Predicates.target(HasName.Predicates.name("reinterpret")))
        .check(CORE);
  }

  /** They slow the vector kernels down: see {@link io.striate.bindings.CallArena}. */
  @Test
  void nobodyOpensConfinedArenas() {
    noClasses()
        .should()
        .callMethodWhere(JavaCall.Predicates.target(HasName.Predicates.name("ofConfined")))
        .check(CORE);
  }

  @Test
  void nobodyUsesReflection() {
    noClasses()
        .that()
        .resideOutsideOfPackages(BINDINGS, "io.striate.op.vector..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.reflect..")
        .check(CORE);
  }
}
