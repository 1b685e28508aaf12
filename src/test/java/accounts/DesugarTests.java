package accounts;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntBinaryOperator;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.Handle;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Lambdas and the like as plain code, which is what the launcher starts on a Java before
 * 25.
 */
@Tag("sqlite")
class DesugarTests {

	@TempDir
	private static Path folder;

	private static Path own;

	private static List<Path> libraries;

	@BeforeAll
	static void desugarThisTestAndAllLibraries() throws Exception {
		own = folder.resolve("own.jar");
		Path classes = Path.of(DesugarTests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		try (FileSystem jar = FileSystems.newFileSystem(own, Map.of("create", "true"));
				Stream<Path> files = Files.walk(classes.resolve("accounts"))) {
			Files.createDirectories(jar.getPath("accounts"));
			for (Path file : files.filter((each) -> each.toString().contains("DesugarTests")).toList()) {
				Files.copy(file, jar.getPath(classes.relativize(file).toString()));
			}
		}
		libraries = new ArrayList<>();
		List<String> jars = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
			.filter((entry) -> entry.endsWith(".jar"))
			.toList();
		for (String jar : jars) {
			libraries.add(Files.copy(Path.of(jar), folder.resolve(libraries.size() + ".jar")));
		}
		List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(),
				"-cp", ClassReader.class.getProtectionDomain().getCodeSource().getLocation().getPath(),
				"src/main/launcher/Desugar.java", own.toString()));
		libraries.forEach((library) -> command.add(library.toString()));
		assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
	}

	@Test
	void codeDoesWhatItDidBefore() throws Exception {
		try (URLClassLoader loader = new URLClassLoader(new URL[] { own.toUri().toURL() },
				ClassLoader.getPlatformClassLoader())) {
			Object done = loader.loadClass(Work.class.getName()).getMethod("done").invoke(null);
			assertThat(done).isEqualTo(Work.done());
		}
	}

	@Test
	void nothingIsLeftToBeLinkedButWhatIsRare() throws IOException {
		Set<String> left = new TreeSet<>();
		try (FileSystem jar = FileSystems.newFileSystem(own); Stream<Path> files = Files.walk(jar.getPath("/"))) {
			for (Path file : files.filter((each) -> each.toString().contains("DesugarTests")).toList()) {
				left.addAll(linked(new ClassReader(Files.readAllBytes(file))));
			}
		}
		assertThat(left).containsExactly("altMetafactory", "toString");
	}

	@Test
	void everyClassOfTheLibrariesIsValid() throws IOException {
		List<URL> jars = new ArrayList<>();
		List<String> names = new ArrayList<>();
		for (Path library : libraries) {
			jars.add(library.toUri().toURL());
			try (FileSystem jar = FileSystems.newFileSystem(library);
					Stream<Path> files = Files.walk(jar.getPath("/"))) {
				files.map((file) -> file.toString().substring(1).replace('/', '.'))
					.filter((name) -> name.endsWith(".class") && !name.contains("-"))
					.forEach((name) -> names.add(name.substring(0, name.length() - ".class".length())));
			}
		}
		List<String> wrong = new ArrayList<>();
		int methods = 0;
		int lambdas = 0;
		try (URLClassLoader loader = new URLClassLoader(jars.toArray(URL[]::new),
				ClassLoader.getPlatformClassLoader())) {
			for (String name : names) {
				try {
					Class<?> type = Class.forName(name, false, loader);
					// Which has it verified
					methods += type.getDeclaredMethods().length;
					if (name.contains("$$Lambda$")) {
						lambdas++;
						// The one around it tells who may use what is private there
						Class.forName(name.substring(0, name.indexOf('$')), false, loader);
						Class<?> host = Class.forName(name.substring(0, name.indexOf("$$Lambda$")), false, loader);
						if (!type.isNestmateOf(host)) {
							wrong.add(name + " is not of the nest");
						}
					}
				}
				catch (NoClassDefFoundError ex) {
					// It is for use with something that is not here
				}
				catch (LinkageError | ClassNotFoundException ex) {
					wrong.add(name + ": " + ex);
				}
			}
		}
		assertThat(wrong).isEmpty();
		assertThat(methods).isGreaterThan(50_000);
		assertThat(lambdas).isGreaterThan(5_000);
	}

	/** What a class has linked when it comes by. */
	private static Set<String> linked(ClassReader type) {
		Set<String> linked = new TreeSet<>();
		type.accept(new ClassVisitor(Opcodes.ASM9) {
			@Override
			public MethodVisitor visitMethod(int access, String method, String descriptor, String signature,
					String[] exceptions) {
				return new MethodVisitor(Opcodes.ASM9) {
					@Override
					public void visitInvokeDynamicInsn(String name, String type, Handle linker, Object... arguments) {
						linked.add(linker.getName().equals("bootstrap") ? name : linker.getName());
					}
				};
			}
		}, 0);
		return linked;
	}

	/** Each kind of what is desugared, with what may be different about it. */
	@SuppressWarnings({ "IdentityBinaryExpression", "ArrayToString", "SelfEquals", "EqualsNull",
			"EqualsIncompatibleType", "ArrayRecordComponent", "UnnecessaryLambda", "UnnecessaryStringBuilder" })
	public static class Work {

		private static int calls;

		private final String held = "held";

		public static List<String> done() {
			List<String> done = new ArrayList<>();
			lambdas(done);
			strings(done);
			records(done);
			return done;
		}

		private static void lambdas(List<String> done) {
			new Work().capture(done, (byte) 1, 'c', 2L, 3.5f, 4.5);
			done.add("once made " + (only() == only()));
			// References to all that can be referred to
			Function<String, Integer> length = String::length;
			ToIntFunction<Object> hash = Object::hashCode;
			Function<Object, String> cast = String.class::cast;
			BiFunction<String, String, Boolean> equal = String::equalsIgnoreCase;
			Supplier<List<String>> list = ArrayList::new;
			Function<String, StringBuilder> builder = StringBuilder::new;
			IntFunction<int[][]> array = int[][]::new;
			Function<CharSequence, Integer> ofInterface = CharSequence::length;
			Supplier<String> ofValue = "trimmed "::trim;
			Function<List<String>, String[]> spread = (all) -> all.toArray(String[]::new);
			done.addAll(
					List.of("" + length.apply("four") + hash.applyAsInt("a") + cast.apply("b") + equal.apply("C", "c"),
							list.get() + builder.apply("d").toString() + array.apply(3).length
									+ ofInterface.apply("five!"),
							ofValue.get() + spread.apply(List.of("e", "f")).length));
			// Numbers that are boxed, unboxed, or wider
			ToLongFunction<Integer> widened = Integer::intValue;
			ToDoubleFunction<Long> wider = Long::longValue;
			IntToLongFunction wide = Math::abs;
			IntBinaryOperator sum = Integer::sum;
			BiFunction<Integer, Integer, Integer> boxed = Integer::sum;
			IntFunction<Object> object = Integer::valueOf;
			Function<Character, Integer> code = Character::getNumericValue;
			Function<Byte, Long> small = Byte::longValue;
			UnaryOperator<Long> added = (value) -> value + 1;
			done.add(widened.applyAsLong(5) + " " + wider.applyAsDouble(6L) + " " + wide.applyAsLong(-7)
					+ sum.applyAsInt(8, 9) + boxed.apply(10, 11) + object.apply(12) + code.apply('7')
					+ small.apply((byte) 13) + added.apply(14L));
			// What it returns is not asked for
			Consumer<List<String>> dropped = (all) -> all.remove("no");
			ObjIntConsumer<List<Long>> droppedToo = List::remove;
			Consumer<Long> wideDropped = Math::abs;
			List<Long> numbers = new ArrayList<>(List.of(1L, 2L));
			dropped.accept(done);
			droppedToo.accept(numbers, 0);
			wideDropped.accept(-1L);
			done.add("left " + numbers);
			// Also linked in another way, as before
			Supplier<String> serializable = (Supplier<String> & Serializable) () -> "serializable";
			done.add(serializable.get());
		}

		/** Of all types, in an instance, and within each other. */
		private void capture(List<String> done, byte small, char letter, long large, float number, double larger) {
			int[] counted = { 1 };
			Callable<Supplier<String>> outer = () -> {
				counted[0]++;
				return () -> this.held + small + letter + large + number + larger + secret(counted[0]);
			};
			LongSupplier reference = this::many;
			try {
				done.add(outer.call().get() + reference.getAsLong());
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
			done.add(new Inner().told.apply(2) + Default.of("default").tell());
		}

		private String secret(int count) {
			return "secret" + count;
		}

		private long many() {
			return ++calls;
		}

		private static Supplier<String> only() {
			return () -> "only";
		}

		private static void strings(List<String> done) {
			Object nothing = null;
			String none = null;
			char[] letters = { 'a' };
			byte small = -1;
			short less = -2;
			boolean yes = true;
			String text = nothing + none + small + less + yes + 'c' + 3 + 4L + 5.0f + 1e100 + Double.NaN + -0.0f;
			text += new StringBuilder("object").append(letters);
			done.add(text);
			done.add(("" + letters).replaceFirst("@.*", "@"));
			// These stand for values in what is linked, and the first ends what C reads
			done.add("\0" + text + "\1 and \2" + small + "\0");
			done.add(text + text);
			done.add(Default.of("x").tell() + 1 + "y");
		}

		private static void records(List<String> done) {
			All all = new All(true, (byte) 1, 'c', (short) 2, 3, 4L, Float.NaN, -0.0, "text", new int[0], null);
			All other = new All(true, (byte) 1, 'c', (short) 2, 3, 4L, Float.NaN, 0.0, "text", all.array, null);
			done.add("" + all.equals(all) + all.equals(other) + other.equals(all) + all.equals(null)
					+ all.equals("text"));
			done.add(""
					+ new All(false, (byte) -1, 'd', (short) -2, 1 << 31, 1L << 40, 1.5f, 2.5, null, null, List.of("a"))
						.hashCode());
			done.add("" + new None().hashCode() + new None().equals(new None()) + new None());
			done.add("" + new Pair<>(1, "a").equals(new Pair<>(1, "a")) + new Pair<>(1, "a").hashCode()
					+ new Pair<>(1, "a").equals(new Pair<>(1, "b")) + new Pair<>(2, "a"));
		}

		private final class Inner {

			private final Function<Integer, String> told = (count) -> Work.this.secret(count) + inner();

			private String inner() {
				return "inner";
			}

		}

		private interface Default {

			String name();

			static Default of(String name) {
				return () -> name;
			}

			default String tell() {
				Supplier<String> named = this::hidden;
				Supplier<String> own = () -> name() + hidden();
				return named.get() + own.get() + "!";
			}

			private String hidden() {
				return name() + "?";
			}

		}

		private record All(boolean yes, byte small, char letter, short less, int number, long large, float part,
				double larger, String text, int[] array, Object nothing) {
		}

		private record None() {
		}

		private record Pair<A, B>(A first, B second) {
		}

	}

}
