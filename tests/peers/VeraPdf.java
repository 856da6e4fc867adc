// Validates files against PDF/A-2b with veraPDF's library, which comes whole inside the jar of the npm
// package @opendataloader/pdf; only the XML binding that it needs comes from Debian (libjaxb-java).
//
//   java -cp node_modules/@opendataloader/pdf/lib/opendataloader-pdf-cli.jar:\
//   /usr/share/java/jaxb-runtime.jar:/usr/share/java/jaxb-core.jar VeraPdf.java FILE...
//
// Says in a line for each file "valid" or the rules of ISO 19005-2 that it breaks, as clause-test.

import java.io.File;
import java.util.stream.Collectors;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

class VeraPdf {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (String file : files) {
            System.out.println(validate(file));
        }
    }

    static String validate(String file) throws Exception {
        var flavour = PDFAFlavour.PDFA_2_B;
        try (var parser = Foundries.defaultInstance().createParser(new File(file), flavour);
                var validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            var result = validator.validate(parser);
            if (result.isCompliant()) {
                return "valid";
            }
            return result.getTestAssertions().stream()
                    .filter(found -> found.getStatus() == TestAssertion.Status.FAILED)
                    .map(found -> found.getRuleId().getClause() + "-" + found.getRuleId().getTestNumber())
                    .distinct()
                    .collect(Collectors.joining(" "));
        }
    }
}
