import io.openlineage.client.Clients;
import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineageClient;
import java.net.URI;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Tells the hub the story of test/clients/story.ts with the OpenLineage client for Java.
 *
 * <p>{@code java -cp JARS TellStory.java SPACE RUN_ID}. Where to and how is the client's own affair: it reads
 * OPENLINEAGE__TRANSPORT__... from the environment.
 */
public final class TellStory {
  private static final String DATABASE = "postgres://db:5432";
  private final OpenLineage ol = new OpenLineage(URI.create("https://example.com/story/tree/1.0.0/java"));
  private final String space;

  private TellStory(String space) {
    this.space = space;
  }

  public static void main(String[] args) throws Exception {
    // The client ends the program when it can't send: emit throws.
    try (OpenLineageClient client = Clients.newClient()) {
      new TellStory(args[0]).tell(client, UUID.fromString(args[1]));
    }
  }

  private void tell(OpenLineageClient client, UUID runId) {
    OpenLineage.Run run = ol.newRunBuilder().runId(runId).build();
    OpenLineage.ColumnLineageDatasetFacetFieldsAdditional total =
        ol.newColumnLineageDatasetFacetFieldsAdditionalBuilder()
            .inputFields(
                List.of(
                    ol.newInputFieldBuilder()
                        .namespace(DATABASE)
                        .name(table("orders"))
                        .field("amount")
                        .transformations(
                            List.of(
                                ol.newInputFieldTransformationsBuilder()
                                    .type("DIRECT")
                                    .subtype("AGGREGATION")
                                    .build()))
                        .build()))
            .build();

    client.emit(
        ol.newRunEventBuilder()
            .eventType(OpenLineage.RunEvent.EventType.START)
            .eventTime(at(0))
            .run(run)
            .job(job("daily"))
            .inputs(List.of(input("orders", facets().schema(schema(Map.of("id", "bigint", "amount", "numeric"))))))
            .outputs(List.of())
            .build());
    client.emit(
        ol.newRunEventBuilder()
            .eventType(OpenLineage.RunEvent.EventType.COMPLETE)
            .eventTime(at(5))
            .run(run)
            .job(job("daily"))
            .inputs(List.of())
            .outputs(
                List.of(
                    output(
                        "daily",
                        facets()
                            .schema(schema(Map.of("total", "numeric")))
                            .columnLineage(
                                ol.newColumnLineageDatasetFacetBuilder()
                                    .fields(ol.newColumnLineageDatasetFacetFieldsBuilder().put("total", total).build())
                                    .build()))))
            .build());
    client.emit(
        ol.newJobEventBuilder()
            .eventTime(at(6))
            .job(job("report"))
            .inputs(List.of(input("daily", facets())))
            .outputs(List.of(output("report", facets())))
            .build());
    client.emit(
        ol.newDatasetEventBuilder()
            .eventTime(at(7))
            .dataset(
                ol.newStaticDatasetBuilder()
                    .namespace(DATABASE)
                    .name(table("orders"))
                    .facets(
                        facets()
                            .documentation(
                                ol.newDocumentationDatasetFacetBuilder().description("One row an order").build())
                            .build())
                    .build())
            .build());
  }

  private static ZonedDateTime at(int minute) {
    return ZonedDateTime.of(2026, 1, 1, 0, minute, 0, 0, ZoneOffset.UTC);
  }

  private String table(String name) {
    return "shop." + space + "." + name;
  }

  private OpenLineage.Job job(String name) {
    return ol.newJobBuilder().namespace(space).name(name).build();
  }

  private OpenLineage.DatasetFacetsBuilder facets() {
    return ol.newDatasetFacetsBuilder();
  }

  private OpenLineage.SchemaDatasetFacet schema(Map<String, String> types) {
    List<OpenLineage.SchemaDatasetFacetFields> fields =
        types.entrySet().stream()
            .sorted(Map.Entry.<String, String>comparingByKey().reversed())
            .map(field -> ol.newSchemaDatasetFacetFieldsBuilder().name(field.getKey()).type(field.getValue()).build())
            .toList();
    return ol.newSchemaDatasetFacetBuilder().fields(fields).build();
  }

  private OpenLineage.InputDataset input(String name, OpenLineage.DatasetFacetsBuilder facets) {
    return ol.newInputDatasetBuilder().namespace(DATABASE).name(table(name)).facets(facets.build()).build();
  }

  private OpenLineage.OutputDataset output(String name, OpenLineage.DatasetFacetsBuilder facets) {
    OpenLineage.OutputDatasetOutputFacets outputFacets =
        ol.newOutputDatasetOutputFacetsBuilder()
            .outputStatistics(ol.newOutputStatisticsOutputDatasetFacetBuilder().rowCount(120L).build())
            .build();
    return ol.newOutputDatasetBuilder()
        .namespace(DATABASE)
        .name(table(name))
        .facets(facets.build())
        .outputFacets(outputFacets)
        .build();
  }
}
