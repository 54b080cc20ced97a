using System.Text.Json;
using Engine.Data;
using Engine.Data.Matrices;
using Engine.Selections;

namespace Engine.Runs;

/// <summary>Writes what a step gave into its folder.</summary>
/// <param name="files">Where files are made and hashed.</param>
internal sealed class StepFiles(RunOutputs files)
{
    /// <summary>Writes the files of one step's value; embeddings were written while they were computed.</summary>
    public void Write(string step, Value value)
    {
        switch (value)
        {
            case Selection selection: WriteSelection(step, selection); break;
            case Clustering clustering: WriteClustering(step, clustering); break;
            case TaskCentre task: WriteTask(step, task); break;
            case QualityFit fit: files.Write(RunFiles.OfStep(step, "fit.json"), stream => QualityFitFile.Write(fit, stream)); break;
            case ScoreTable scores: WriteScores(step, scores); break;
        }
    }

    private void WriteScores(string step, ScoreTable scores) => files.Write(RunFiles.OfStep(step, "scores.csv"), stream => ScoreTableFile.Write(scores, stream));

    private void WriteSelection(string step, Selection selection)
    {
        files.Write(RunFiles.OfStep(step, RunFiles.Indices), stream => NpyWriter.WriteIndices(stream, selection.Indices));
        files.Write(RunFiles.OfStep(step, RunFiles.SelectionTable), stream => SelectionFiles.WriteTable(selection, stream));
        if (selection.Radii is { } radii) files.Write(RunFiles.OfStep(step, "radii.npy"), stream => NpyWriter.Write(stream, radii));
        if (selection.PoolScores is { } scores) WriteScores(step, scores);
        if (selection.Rankings is { } rankings)
        {
            RankingFiles.Write(files, step, rankings);
            selection.ReleaseRankings();
        }

        if (selection.Duplicates is { } duplicates) files.Write(RunFiles.OfStep(step, DuplicatesFile.Name), stream => DuplicatesFile.Write(duplicates, selection.Pool, stream));
    }

    private void WriteTask(string step, TaskCentre task)
    {
        files.Write(RunFiles.OfStep(step, "centroids.npy"), stream => NpyWriter.Write(stream, task.Centre, task.Centre.Length));
        files.Write(RunFiles.OfStep(step, "rows.npy"), stream => NpyWriter.WriteIndices(stream, task.Indices));
    }

    private void WriteClustering(string step, Clustering clustering)
    {
        files.Write(RunFiles.OfStep(step, "centroids.npy"), stream => NpyWriter.Write(stream, clustering.Centroids, clustering.Of.Dim));
        files.Write(RunFiles.OfStep(step, "assignments.npy"), stream => NpyWriter.Write(stream, clustering.Assignments));
        files.Write(RunFiles.OfStep(step, "kmeans.json"), stream =>
        {
            using var json = new Utf8JsonWriter(stream, RunJson.Indented);
            json.WriteStartObject();
            json.WriteNumber("inertia", clustering.Inertia);
            json.WriteNumber("iterations", clustering.Iterations);
            json.WriteBoolean("spherical", clustering.Spherical);
            json.WriteStartArray("sizes");
            foreach (long size in clustering.Sizes) json.WriteNumberValue(size);
            json.WriteEndArray();
            if (clustering.Silhouettes is { } silhouettes) WriteSilhouettes(json, silhouettes);
            json.WriteEndObject();
        });
    }

    private static void WriteSilhouettes(Utf8JsonWriter json, IReadOnlyList<KSilhouette> silhouettes)
    {
        json.WriteStartArray("silhouettes");
        foreach (KSilhouette tried in silhouettes)
        {
            json.WriteStartObject();
            json.WriteNumber("k", tried.K);
            json.WriteNumber("silhouette", tried.Silhouette);
            json.WriteNumber("inertia", tried.Inertia);
            json.WriteNumber("iterations", tried.Iterations);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
