"""Datasets through the official SDK: filled from folders and tables, listed, frozen as versions, exported, merged."""

import csv
import io
import json
import time
import zipfile

import pytest
import requests
from clarifai.client.app import App
from clarifai.client.dataset import Dataset
from clarifai.client.user import User
from clarifai.datasets.export.inputs_annotations import DatasetExportReader
from clarifai.datasets.upload.utils import DisplayUploadStatus
from clarifai_grpc.grpc.api import resources_pb2, service_pb2
from clarifai_grpc.grpc.api.status import status_code_pb2
from limpid_fixtures import expect_success, fresh
from PIL import Image

PENDING = (status_code_pb2.DATASET_VERSION_PENDING, status_code_pb2.DATASET_VERSION_IN_PROGRESS)
READY = status_code_pb2.DATASET_VERSION_READY


class Place:
    """An app of the owner, and what the SDK does not wait for or show."""

    def __init__(self, stub, owner, url):
        self.stub, self.owner = stub, owner
        self.id = fresh("datasets")
        self.sdk = App(user_id=owner.user_id, app_id=self.id, base_url=url, pat=owner.pat)
        self.where = resources_pb2.UserAppIDSet(user_id=owner.user_id, app_id=self.id)

    def call(self, rpc, **fields):
        request = getattr(service_pb2, f"{rpc}Request")(user_app_id=self.where, **fields)
        response = getattr(self.stub, rpc)(request, metadata=self.owner.metadata)
        expect_success(response)
        return response

    def finished(self, dataset, version_id):
        for _ in range(300):
            version = self.call(
                "GetDatasetVersion", dataset_id=dataset.id, dataset_version_id=version_id
            ).dataset_version
            if version.status.code not in PENDING:
                return version
            time.sleep(0.1)
        raise TimeoutError(version)

    def wait_for_inputs(self, *ids):
        for _ in range(300):
            codes = {self.call("GetInput", input_id=id).input.status.code for id in ids}
            if codes == {status_code_pb2.INPUT_DOWNLOAD_SUCCESS}:
                return
            time.sleep(0.1)
        raise TimeoutError(codes)


@pytest.fixture(scope="module")
def place(stub, owner, url):
    user = User(user_id=owner.user_id, base_url=url, pat=owner.pat)
    made = Place(stub, owner, url)
    user.create_app(app_id=made.id, base_workflow="Empty")
    yield made
    user.delete_app(made.id)


@pytest.fixture
def dataset(place):
    made = place.sdk.create_dataset(dataset_id=fresh("set"))
    assert isinstance(made, Dataset)
    return made


def ids_in(dataset):
    return sorted(found.id for found in dataset.list_inputs())


def write_csv(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, quoting=csv.QUOTE_ALL)
        table.writerow(["inputid", "input", "concepts", "metadata", "geopoints"])
        table.writerows(rows)
    return str(path)


def add_texts(dataset, tmp_path, *names):
    rows = [[name, f"the text of {name}", "", "{}", ""] for name in names]
    path = write_csv(tmp_path / f"{fresh('rows')}.csv", rows)
    dataset.upload_from_csv(csv_path=path, input_type="text", csv_type="raw", labels=False)


def test_a_folder_of_images_is_labelled_by_its_name(place, dataset, tmp_path):
    folder = tmp_path / "teal"
    folder.mkdir()
    names = [fresh("tile") for _ in range(7)]
    for index, name in enumerate(names):
        Image.new("RGB", (40 + index, 30), (0, 128, 120 + index)).save(folder / f"{name}.png")
    # Several batches, the last of them not full.
    dataset.upload_from_folder(folder_path=str(folder), input_type="image", labels=True, batch_size=3)
    assert ids_in(dataset) == sorted(names)
    for found in dataset.list_inputs(input_type="image"):
        assert [(concept.id, concept.value) for concept in found.data.concepts] == [("teal", 1.0)]
    assert list(dataset.list_inputs(input_type="text")) == []


def test_a_table_of_texts_brings_concepts_metadata_and_places(place, dataset, tmp_path):
    first, second = fresh("row"), fresh("row")
    path = write_csv(
        tmp_path / "rows.csv",
        [
            [first, "good, really", "positive", "{'source': 'mail'}", "-73.98,40.76"],
            [second, "bad", "negative", "{'source': 'web'}", "8.54,47.37"],
        ],
    )
    dataset.upload_from_csv(csv_path=path, input_type="text", csv_type="raw", labels=True)
    assert ids_in(dataset) == sorted([first, second])
    found = place.call("GetInput", input_id=first).input.data
    assert found.text.raw == "good, really"
    assert [concept.id for concept in found.concepts] == ["positive"]
    assert found.metadata["source"] == "mail"
    assert found.geo.geo_point.latitude == pytest.approx(40.76, abs=1e-4)
    assert found.geo.geo_point.longitude == pytest.approx(-73.98, abs=1e-4)


def test_a_version_stays_what_it_was(place, dataset, tmp_path):
    add_texts(dataset, tmp_path, *(fresh("in") for _ in range(3)))
    made = dataset.create_version(description="first", metadata={"by": "hand"}).version
    assert (made.dataset_id, made.app_id, made.user_id) == (dataset.id, place.id, place.owner.user_id)
    first = place.finished(dataset, made.id)
    assert first.status.code == READY
    assert (first.description, first.metadata["by"]) == ("first", "hand")
    assert first.metrics["total"].inputs_count.value == 3
    add_texts(dataset, tmp_path, fresh("in"), fresh("in"))
    second = place.finished(dataset, dataset.create_version(id="second").version.id)
    assert second.id == "second"
    assert second.metrics["total"].inputs_count.value == 5
    assert place.finished(dataset, first.id) == first
    # Newest first.
    assert [found.version.id for found in dataset.list_versions()] == ["second", first.id]
    assert [found.version.id for found in dataset.list_versions(page_no=2, per_page=1)] == [first.id]
    dataset.delete_version(version_id=first.id)
    assert [found.version.id for found in dataset.list_versions()] == ["second"]
    with pytest.raises(Exception, match="Resource does not exist"):
        dataset.delete_version(version_id=first.id)


def test_a_version_is_described_anew_and_by_overwriting_only(place, dataset):
    made = dataset.create_version(description="before").version
    request = service_pb2.PatchDatasetVersionsRequest(
        user_app_id=place.where,
        dataset_id=dataset.id,
        dataset_versions=[resources_pb2.DatasetVersion(id=made.id, description="after")],
        action="overwrite",
    )
    patched = place.stub.PatchDatasetVersions(request, metadata=place.owner.metadata)
    expect_success(patched)
    assert patched.dataset_versions[0].description == "after"
    request.action = "merge"
    refused = place.stub.PatchDatasetVersions(request, metadata=place.owner.metadata).status
    assert "Unrecognized action 'merge'" in refused.details


def test_metrics_say_zero_and_name_their_groups(place, dataset, tmp_path):
    path = write_csv(tmp_path / "rows.csv", [[fresh("row"), "good", "fine", "{}", ""]])
    dataset.upload_from_csv(csv_path=path, input_type="text", csv_type="raw", labels=True)
    version = place.finished(dataset, dataset.create_version().version.id)
    response = place.call(
        "ListDatasetVersionMetricsGroups", dataset_id=dataset.id, dataset_version_id=version.id
    )
    listed = response.dataset_version_metrics_groups
    assert listed[0].value.string_value == "total"
    concepts = [group for group in listed if group.type == resources_pb2.CONCEPT_ID]
    assert [group.value.string_value for group in concepts] == ["fine"]
    for group in listed:
        assert group.metrics.HasField("polygons_count")
        assert group.metrics.polygons_count.value == 0
    assert concepts[0].metrics.positive_input_tags_count.value == 1
    # As the SDK reads them to show how far an upload came.
    inputs, annotations = DisplayUploadStatus.get_dataset_version_stats(response)
    assert inputs == {"total": "1", "text": "1"}
    assert annotations == {"concepts": 1, "bboxes": 0, "polygons": 0}


def test_a_dataset_is_merged_into_another(place, dataset, tmp_path):
    source = place.sdk.create_dataset(dataset_id=fresh("source"))
    shared, own, other = fresh("in"), fresh("in"), fresh("in")
    add_texts(source, tmp_path, shared, other)
    add_texts(dataset, tmp_path, own)
    place.call(
        "PostDatasetInputs",
        dataset_id=dataset.id,
        dataset_inputs=[resources_pb2.DatasetInput(input=resources_pb2.Input(id=shared))],
    )
    dataset.merge_dataset(merge_dataset_id=source.id)
    assert ids_in(dataset) == sorted([shared, own, other])
    assert ids_in(source) == sorted([shared, other])


def test_datasets_are_listed_and_deleted(place, dataset):
    assert dataset.id in [found.id for found in place.sdk.list_datasets()]
    assert place.sdk.dataset(dataset_id=dataset.id).id == dataset.id
    place.sdk.delete_dataset(dataset_id=dataset.id)
    assert dataset.id not in [found.id for found in place.sdk.list_datasets()]


def exported(dataset, tmp_path):
    """The files that the SDK makes of an export, by name."""
    target = tmp_path / f"{fresh('export')}.zip"
    dataset.export(save_path=str(target), split="train")
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_version_is_exported_with_its_media_and_labels(place, dataset, tmp_path):
    folder = tmp_path / "teal"
    folder.mkdir()
    picture = fresh("tile")
    Image.new("RGB", (40, 30), (0, 128, 120)).save(folder / f"{picture}.png")
    dataset.upload_from_folder(folder_path=str(folder), input_type="image", labels=True)
    text = fresh("row")
    add_texts(dataset, tmp_path, text)
    place.wait_for_inputs(picture, text)
    box = resources_pb2.BoundingBox(top_row=0, left_col=0.25, bottom_row=0.5, right_col=0.75)
    region = resources_pb2.Region(
        region_info=resources_pb2.RegionInfo(bounding_box=box),
        data=resources_pb2.Data(concepts=[resources_pb2.Concept(id="corner", value=1)]),
    )
    place.call(
        "PostAnnotations",
        annotations=[resources_pb2.Annotation(input_id=picture, data=resources_pb2.Data(regions=[region]))],
    )
    version = dataset.create_version()
    found = exported(version, tmp_path)
    assert sorted(found) == sorted(
        [
            f"train/inputs/{picture}.png",
            f"train/annotations/{picture}.json",
            f"train/inputs/{text}.txt",
        ]
    )
    with Image.open(io.BytesIO(found[f"train/inputs/{picture}.png"])) as image:
        assert image.size == (40, 30)
    assert found[f"train/inputs/{text}.txt"].decode() == f"the text of {text}"
    corner, teal = json.loads(found[f"train/annotations/{picture}.json"])
    assert corner["regionInfo"]["boundingBox"] == {"topRow": 0, "leftCol": 0.25, "bottomRow": 0.5, "rightCol": 0.75}
    assert (corner["data"]["concepts"][0]["id"], teal["id"]) == ("corner", "teal")


def test_every_input_of_a_large_version_is_read_from_its_export(place, dataset, tmp_path):
    names = [fresh("in") for _ in range(128)]
    add_texts(dataset, tmp_path, *names[:100])
    add_texts(dataset, tmp_path, *names[100:])
    version = dataset.create_version()
    session = requests.Session()
    session.headers["Authorization"] = f"Key {place.owner.pat}"
    with DatasetExportReader(session=session, archive_url=version.archive_zip()) as reader:
        assert len(reader) == len(names)
        assert sorted(found.id for found in reader) == sorted(names)


def test_a_version_is_exported_for_other_tools(place, dataset, tmp_path):
    folder = tmp_path / "teal"
    folder.mkdir()
    Image.new("RGB", (40, 30)).save(folder / f"{fresh('tile')}.png")
    dataset.upload_from_folder(folder_path=str(folder), input_type="image", labels=True)
    version = place.finished(dataset, dataset.create_version().version.id)
    formats = [resources_pb2.COCO, resources_pb2.CLARIFAI_DATA_JSON]
    wanted = [resources_pb2.DatasetVersionExport(format=number) for number in formats]
    for _ in range(300):
        exports = place.call(
            "PutDatasetVersionExports",
            dataset_id=dataset.id,
            dataset_version_id=version.id,
            exports=wanted,
        ).exports
        if all(made.status.code == status_code_pb2.DATASET_VERSION_EXPORT_SUCCESS for made in exports):
            break
        time.sleep(0.1)
    key = {"Authorization": f"Key {place.owner.pat}"}
    coco, data = (
        zipfile.ZipFile(io.BytesIO(requests.get(made.url, headers=key, timeout=60).content))
        for made in exports
    )
    labels = json.loads(coco.read("annotations/labels_all.json"))
    assert [category["name"] for category in labels["categories"]] == ["teal"]
    assert [image["width"] for image in labels["images"]] == [40]
    batch = json.loads(data.read(data.namelist()[1]))
    assert batch["inputs"][0]["data"]["concepts"][0]["id"] == "teal"
    info = place.finished(dataset, version.id).export_info
    assert (info.coco.url, info.clarifai_data_json.size) == (exports[0].url, exports[1].size)
    assert not info.HasField("clarifai_data_protobuf")
